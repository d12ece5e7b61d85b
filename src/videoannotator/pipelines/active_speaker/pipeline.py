"""The pipeline: faces and turns in, who speaks on screen out."""

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, TypeVar

import numpy as np

from videoannotator.annotations.active_speaker import SpeakerLink, SpeakingOnScreen
from videoannotator.annotations.faces import FaceObservation
from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.persons import PersonIdentity, PersonObservation
from videoannotator.annotations.voices import SpeakerTurn
from videoannotator.pipelines.active_speaker.evidence import Speech, contrasts
from videoannotator.pipelines.active_speaker.linking import Candidate, Link, confidence_of, links
from videoannotator.pipelines.active_speaker.lips import LONGEST_LAG_S, Floats, LipTracks, joined
from videoannotator.pipelines.active_speaker.options import ActiveSpeakerOptions
from videoannotator.pipelines.active_speaker.people import Bodies, owners_of
from videoannotator.pipelines.active_speaker.stretches import Scene
from videoannotator.pipelines.base import Batch, Needs, Pipeline, PipelineOptions

RecordT = TypeVar("RecordT")

CHECK_EVERY = 200
"""After so many records it is asked whether to stop; reading one from disk takes less than a millisecond."""


class ActiveSpeaker(Pipeline[ActiveSpeakerOptions]):
    """Says whose face each turn of a speaker belongs to, by the motion of the lips."""

    name: ClassVar[str] = "active_speaker"
    display_name: ClassVar[str] = "Active speaker"
    description: ClassVar[str] = (
        "Says who is speaking on screen: links each speaker to a face, and to a person where people are tracked, by how much more "
        "the lips move in the speaker's turns; unknown, with the reason, where the speaker is not shown or the evidence does not "
        "suffice. Works on the results of face_analysis (with blendshapes or landmarks) and of speaker_diarization or "
        "audio_processing, which must be selected as well; 10 to 25 faces a second (face_analysis.rate_hz) give surer links than "
        "the default of 5."
    )
    family: ClassVar[str] = "audio-visual"
    variant: ClassVar[str] = "lip-motion"
    version: ClassVar[str] = "1.0.0"
    tasks: ClassVar[tuple[str, ...]] = ("active-speaker-detection",)
    modalities: ClassVar[tuple[str, ...]] = ("audio", "video")
    Options: ClassVar[type[PipelineOptions]] = ActiveSpeakerOptions
    produces: ClassVar[tuple[type, ...]] = (SpeakingOnScreen, SpeakerLink)

    @classmethod
    def needs(cls, options: ActiveSpeakerOptions) -> Needs:  # noqa: ARG003  they do not change what it needs
        """Faces and turns; people as well where they are tracked."""
        return Needs(products=(FaceObservation, SpeakerTurn), afterwards=(PersonObservation, PersonIdentity))

    def start(self, media: MediaInfo) -> None:
        """Nothing to get ready."""

    def feed(self, batch: Batch) -> Iterable[object]:  # noqa: ARG002  it is fed nothing
        return ()

    def finish(self) -> Iterator[SpeakingOnScreen | SpeakerLink]:
        turns = sorted(self._read(SpeakerTurn), key=lambda turn: (turn.start, turn.end, turn.speaker_id))
        lips = LipTracks()
        for face in self._read(FaceObservation):
            lips.add(face)
        self._warn_about(lips)
        identities = list(self._read(PersonIdentity))
        speech = Speech((turn.speaker_id, turn.start.seconds, turn.end.seconds) for turn in turns)
        faces = lips.stays()
        candidates = list(self._candidates(lips, faces, owners_of(identities), speech))
        found = links(candidates, speech.speakers, self.options.min_confidence)
        bodies = Bodies(identities, {each.person_id for link in found.values() for each in link.candidates} - {None})
        for person in self._read(PersonObservation):
            bodies.add(person)
        scene = Scene(candidates, faces, bodies.stays(), found, self.options.min_confidence)
        spoken: list[SpeakingOnScreen] = []
        for turn in turns:
            self.context.check_stop()
            spoken += scene.stretches(turn)
        yield from sorted(spoken, key=lambda stretch: (stretch.start, stretch.end, stretch.speaker_id))
        for speaker in speech.speakers:
            yield _link_record(speaker, found[speaker], speech, scene)

    def _read(self, kind: type[RecordT]) -> Iterator[RecordT]:
        """The records of a type, one after the other from disk, listening for a stop."""
        for number, record in enumerate(self.context.products(kind)):
            if number % CHECK_EVERY == 0:
                self.context.check_stop()
            if isinstance(record, kind):
                yield record

    def _warn_about(self, lips: LipTracks) -> None:
        """Say what the options of face analysis keep from being seen."""
        if lips.tracks and not lips.measured:
            self.context.warn(
                "The mouth of no face was measured, so no speaker could be linked. If the blendshapes of face_analysis are "
                "switched off, switch them on, or its landmarks."
            )
        elif lips.step_s is not None and lips.step_s > LONGEST_LAG_S:
            self.context.warn(
                f"Faces were looked at every {lips.step_s:.2g} s only; lips are seen to move from about 5 times a second on. "
                "Set face_analysis.rate_hz to 5 or more, better to 10 to 25."
            )

    def _candidates(
        self, lips: LipTracks, faces: Mapping[int, Floats], owners: Mapping[int, str], speech: Speech
    ) -> Iterator[Candidate]:
        """Everybody whose face is seen: the faces of one person together, every other face by itself."""
        groups: dict[str | int, list[int]] = {}
        for face in sorted(faces):
            groups.setdefault(owners.get(face, face), []).append(face)
        for owner, own in groups.items():
            self.context.check_stop()
            motion = joined([lips.motion(face) for face in own])
            stays = np.concatenate([faces[face] for face in own])
            yield Candidate(
                person_id=owner if isinstance(owner, str) else None,
                faces=tuple(own),
                stays=stays[np.argsort(stays[:, 0])],
                motion=motion,
                contrasts=contrasts(motion, speech, self.options.min_evidence_s),
            )


def _link_record(speaker: str, link: Link, speech: Speech, scene: Scene) -> SpeakerLink:
    """A speaker and who that is, or why it is not known."""
    candidates = link.candidates or scene.possible[speaker]
    known = [candidate.contrasts[speaker] for candidate in candidates if speaker in candidate.contrasts]
    best = max(known, key=lambda contrast: contrast.log_odds, default=None)
    evidence = (
        {}
        if best is None
        else {
            "log_odds": round(best.log_odds, 3),
            "lip_motion_ratio": round(float(np.exp(best.speaking - best.silent)), 3),
            "silence_s": round(best.silent_s, 3),
        }
    )
    seen_s = sum(contrast.speaking_s for contrast in known) if link.candidates else (0.0 if best is None else best.speaking_s)
    return SpeakerLink(
        speaker_id=speaker,
        person_ids=tuple(dict.fromkeys(each.person_id for each in link.candidates if each.person_id is not None)),
        face_track_ids=tuple(sorted(face for candidate in link.candidates for face in candidate.faces)),
        confidence=confidence_of(link),
        why_unknown=None if link.candidates else scene.why_unlinked(speaker, speech),
        speech_s=round(speech.seconds(speaker), 3),
        evidence_s=round(seen_s, 3),
        evidence=evidence,
    )
