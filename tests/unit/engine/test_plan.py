"""Plans: merged needs, skipped and included pipelines, products in order."""

from collections.abc import Mapping
from typing import ClassVar

import pytest
from tests.plugins import ToyOptions, ToyPipeline, ToySound

from videoannotator.annotations.media_info import AudioInfo, MediaInfo, VideoInfo
from videoannotator.annotations.scenes import Scene
from videoannotator.annotations.transcript import Utterance
from videoannotator.engine.plan import Route, Selected, make_plan
from videoannotator.errors import InvalidRequestException
from videoannotator.media.types import AudioNeed, FrameNeed
from videoannotator.pipelines.base import Needs, Pipeline

VIDEO = VideoInfo("h264", 640, 480, 0, False, 1, 25.0, 0.0, False, "yuv420p")  # type: ignore[arg-type]
AUDIO = AudioInfo("aac", 48000, 2, 0.0)


def media(*, video: bool = True, audio: bool = True) -> MediaInfo:
    return MediaInfo("clip.mp4", 1000, "mp4", 3.0, VIDEO if video else None, (AUDIO,) if audio else (), 0 if audio else None)


def toy(name: str, wanted: Needs, produces: tuple[type, ...] = (Scene,), contains: tuple[str, ...] = ()) -> Selected:
    """A pipeline that exists on paper only: plans never instantiate one."""

    class Toy(ToyPipeline):
        given: ClassVar[Needs] = wanted

        @classmethod
        def needs(cls, options: ToyOptions) -> Needs:
            return cls.given

    Toy.name, Toy.produces, Toy.contains = name, produces, contains
    return Selected(Toy, ToyOptions())


def frames(**needs: FrameNeed) -> Mapping[str, FrameNeed]:
    return needs


def test_equal_needs_are_merged_and_routed_to_all() -> None:
    small, large = FrameNeed(max_size=(64, 64)), FrameNeed(rate_hz=5)
    plan = make_plan(
        [toy("a", Needs(frames(x=small, y=large), AudioNeed(16000))), toy("b", Needs(frames(z=small), AudioNeed(16000)))], media()
    )
    assert plan.frame_needs == (small, large)
    assert plan.frame_routes == ((Route("a", "x"), Route("b", "z")), (Route("a", "y"),))
    assert plan.audio_needs == (AudioNeed(16000),)
    assert plan.audio_routes == (("a", "b"),)


def test_a_pipeline_without_its_input_is_skipped_with_the_reason() -> None:
    selection = [Selected(ToyPipeline, ToyOptions()), Selected(ToySound, ToyOptions())]
    silent = make_plan(selection, media(audio=False))
    assert [step.name for step in silent.steps] == ["toy"]
    assert silent.skipped == {"toy_sound": "The recording has no audio track."}
    blind = make_plan(selection, media(video=False))
    assert [step.name for step in blind.steps] == ["toy_sound"]
    assert blind.skipped == {"toy": "The recording has no video track."}


def test_a_contained_pipeline_runs_once_inside_its_container() -> None:
    inner, outer = toy("inner", Needs(audio=AudioNeed())), toy("outer", Needs(audio=AudioNeed()), contains=("inner", "other"))
    plan = make_plan([inner, outer], media())
    assert [step.name for step in plan.steps] == ["outer"]
    assert plan.included == {"inner": "outer"}


def test_products_come_before_those_who_need_them() -> None:
    late = toy("late", Needs(products=(Scene, Utterance)), produces=(dict,))
    plan = make_plan(
        [late, toy("scenes", Needs(frames(x=FrameNeed()))), toy("words", Needs(audio=AudioNeed()), (Utterance,))], media()
    )
    assert [step.name for step in plan.steps] == ["scenes", "words", "late"]
    assert plan.steps[-1].after == ("scenes", "words")


def test_who_waits_for_a_skipped_one_is_skipped_too() -> None:
    late = toy("late", Needs(products=(Utterance,)), produces=(dict,))
    plan = make_plan([late, toy("words", Needs(audio=AudioNeed()), (Utterance,))], media(audio=False))
    assert plan.skipped["late"] == "words was skipped: The recording has no audio track."


def test_of_several_makers_only_those_that_run_are_waited_for() -> None:
    late = toy("late", Needs(products=(Scene,)), produces=(dict,))
    plan = make_plan([late, toy("seen", Needs(frames(x=FrameNeed()))), toy("heard", Needs(audio=AudioNeed()))], media(audio=False))
    assert plan.steps[-1].after == ("seen",)


def test_products_and_pictures_cannot_both_be_had() -> None:
    with pytest.raises(ValueError, match="but not both"):
        Needs(frames(x=FrameNeed()), products=(Scene,))


def test_a_product_that_nobody_makes_is_an_error() -> None:
    with pytest.raises(InvalidRequestException, match="'late' works on Utterance records"):
        make_plan([toy("late", Needs(products=(Utterance,)))], media())


def test_two_that_wait_for_each_other_are_an_error() -> None:
    pair = [toy("a", Needs(products=(Utterance,)), (Scene,)), toy("b", Needs(products=(Scene,)), (Utterance,))]
    with pytest.raises(InvalidRequestException, match="wait for each other"):
        make_plan(pair, media())


def test_who_reads_records_at_its_end_is_fed_meanwhile() -> None:
    reader = toy("reader", Needs(frames(x=FrameNeed()), afterwards=(Utterance, Scene, dict)))
    plan = make_plan([reader, toy("words", Needs(audio=AudioNeed()), (Utterance,))], media())
    assert [(step.name, step.after, step.finish_after) for step in plan.steps] == [("words", (), ()), ("reader", (), ("words",))]


def test_who_reads_records_at_its_end_does_without_a_skipped_maker() -> None:
    reader = toy("reader", Needs(frames(x=FrameNeed()), afterwards=(Utterance,)))
    plan = make_plan([reader, toy("words", Needs(audio=AudioNeed()), (Utterance,))], media(audio=False))
    assert [(step.name, step.finish_after) for step in plan.steps] == [("reader", ())]


def test_products_may_be_needed_and_others_read_where_somebody_makes_them() -> None:
    late = toy("late", Needs(products=(Scene,), afterwards=(Utterance,)), produces=(dict,))
    scenes, words = toy("scenes", Needs(frames(x=FrameNeed()))), toy("words", Needs(audio=AudioNeed()), (Utterance,))
    last = make_plan([late, scenes, words], media()).steps[-1]
    assert (last.name, last.after, last.finish_after) == ("late", ("scenes",), ("words",))
    assert make_plan([late, scenes], media()).steps[-1].finish_after == ()
    assert make_plan([late, scenes, words], media(audio=False)).steps[-1].finish_after == ()
    with pytest.raises(InvalidRequestException, match="'late' works on Scene records"):
        make_plan([late, words], media())


def test_two_that_read_each_other_s_records_at_their_ends_are_an_error() -> None:
    pair = [
        toy("a", Needs(frames(x=FrameNeed()), afterwards=(Utterance,)), (Scene,)),
        toy("b", Needs(frames(x=FrameNeed()), afterwards=(Scene,)), (Utterance,)),
    ]
    with pytest.raises(InvalidRequestException, match="wait for each other"):
        make_plan(pair, media())


def test_nothing_selected_is_an_error() -> None:
    with pytest.raises(InvalidRequestException, match="No pipeline is selected"):
        make_plan([], media())


def test_toys_are_pipelines() -> None:
    assert issubclass(ToyPipeline, Pipeline)
