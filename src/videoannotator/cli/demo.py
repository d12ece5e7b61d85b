"""`videoannotator demo`: make a sample clip, annotate it, say what to open."""

from pathlib import Path
from typing import Annotated

import typer

from videoannotator.cli.console import say, tell

CLIP_NAME = "demo.mp4"


def demo(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the clip and its results.")] = Path(
        "videoannotator-demo"
    ),
) -> None:
    """Make a sample clip of 20 seconds with real people and real speech, annotate it, and say what to open."""
    clip = output / CLIP_NAME
    from videoannotator.cli.process import Batch  # noqa: PLC0415  CLI start-up
    from videoannotator.cli.start import registry_here, start  # noqa: PLC0415  CLI start-up
    from videoannotator.engine.annotate import select  # noqa: PLC0415  CLI start-up
    from videoannotator.engine.batch import Task  # noqa: PLC0415  CLI start-up
    from videoannotator.engine.output import prepare_folder  # noqa: PLC0415  CLI start-up
    from videoannotator.media.demo_clip import make_demo_clip  # noqa: PLC0415  CLI start-up

    prepare_folder(output, overwrite=clip.exists())  # an earlier demo's results are replaced, anybody else's are not
    tell(f"Making a sample clip: {clip}")
    partial = output / f".partial-{CLIP_NAME}"
    try:
        make_demo_clip(partial)
        partial.replace(clip)
    finally:
        partial.unlink(missing_ok=True)
    selection, notes = select(None, {}, registry_here())
    batch = Batch(selection, notes, None, start(), overwrite=True, quiet=False)
    batch.run([Task(clip, output)])
    if batch.failed:
        raise typer.Exit(1)
    say()
    say("Open the clip in a video player together with its subtitles:")
    say(f"  {clip}  with  {output / 'speech_recognition.vtt'}")
    say("Look at who says what, and at how the speakers take turns:")
    say(f"  {output / 'audio_processing.words.csv'}  and  {output / 'audio_processing.speaker_measures.csv'}")
    say("Look at the scenes in a spreadsheet, and at one picture of each:")
    say(f"  {output / 'scene_detection.csv'}  and  {output / 'scene_detection'}")
    say("Look at who was followed, with pictures of each person:")
    say(f"  {output / 'person_tracking.identities.csv'}  and  {output / 'person_tracking'}")
    say("Then try your own: videoannotator process YOUR_VIDEO --overlay")
