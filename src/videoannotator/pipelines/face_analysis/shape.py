"""Everything that is read off the shape of a face: the mesh, head pose, gaze, blink, blendshapes and action units."""

from typing import NamedTuple

from videoannotator.annotations.faces import Blink, FaceFlag, Measure
from videoannotator.inference.sessions import SessionPool
from videoannotator.pipelines.face_analysis.blendshapes import WEIGHTS as BLENDSHAPES
from videoannotator.pipelines.face_analysis.blendshapes import BlendshapeNetwork, action_units_of, blink_of
from videoannotator.pipelines.face_analysis.canonical import WEIGHTS as CANONICAL
from videoannotator.pipelines.face_analysis.canonical import CanonicalFace, read_canonical_face
from videoannotator.pipelines.face_analysis.crops import Region, upright_region
from videoannotator.pipelines.face_analysis.head import Head, fit_head, gaze_of
from videoannotator.pipelines.face_analysis.mesh import SCALE, Mesh, MeshNetwork
from videoannotator.pipelines.face_analysis.mesh import WEIGHTS as MESH
from videoannotator.pipelines.face_analysis.readings import Readings
from videoannotator.pipelines.face_analysis.validity import CLOSED_BLINK, GAZE_YAW_DEG, LEAST_PRESENCE, Sight

FROM_HEAD = frozenset({Measure.HEAD_POSE, Measure.GAZE})
FROM_BLENDSHAPES = frozenset({Measure.BLENDSHAPES, Measure.ACTION_UNITS, Measure.BLINK, Measure.GAZE})
FROM_MESH = FROM_HEAD | FROM_BLENDSHAPES | {Measure.LANDMARKS}
WEIGHTS = (MESH, CANONICAL, BLENDSHAPES)


class Place(NamedTuple):
    """Where the mesh's region lies against the detector's: shift in sides, share of its side, turn."""

    x: float
    y: float
    share: float
    turn: float

    def applied(self, region: Region) -> Region:
        """The mesh's region for one of the detector's."""
        side = region.side
        return Region(region.x + self.x * side, region.y + self.y * side, side * self.share, region.turn + self.turn)


class ShapeMeasures:
    """The networks that the wanted measures need, and no others.

    Args:
        wanted: the measures asked for; at least one of `FROM_MESH`.
        sessions: where the networks come from.
    """

    def __init__(self, wanted: frozenset[Measure], sessions: SessionPool) -> None:
        self._mesh = MeshNetwork(sessions.get(MESH))
        self._blendshapes = BlendshapeNetwork(sessions.get(BLENDSHAPES)) if wanted & FROM_BLENDSHAPES else None
        self._face = read_canonical_face(sessions.file(CANONICAL)) if wanted & FROM_HEAD else None

    def read(self, sight: Sight, readings: Readings, place: Place | None) -> Place | None:
        """Measure one face.

        Args:
            sight: the face.
            readings: takes what was measured.
            place: what the last call for the same track gave.

        Returns:
            Where the mesh lay; the next call for this track then needs to look only once. None when it lay nowhere.
        """
        if not readings.open(FROM_MESH, sight):
            return None
        start = upright_region(sight.box, sight.points[0], sight.points[1], SCALE)
        mesh = self._fit(sight, start, place)
        if not mesh.usable:
            readings.miss(FROM_MESH, FaceFlag.FAILED)
            return None
        if mesh.presence < LEAST_PRESENCE:
            readings.flag(FaceFlag.OCCLUDED)
            readings.open(FROM_MESH, sight)
            return None
        if Measure.LANDMARKS in readings.wanted:
            readings.enter(Measure.LANDMARKS, mesh.points)
        blink = self._read_blendshapes(sight, mesh, readings)
        if self._face is not None:
            self._read_head(sight, mesh, readings, self._face, blink)
        return _place_of(mesh.region(), start)

    def _fit(self, sight: Sight, start: Region, place: Place | None) -> Mesh:
        """The mesh from where it lay on this face before, or at the second look."""
        if place is not None:
            mesh = self._mesh.fit(sight.picture, place.applied(start))
            if mesh.usable and mesh.presence >= LEAST_PRESENCE:
                return mesh
        mesh = self._mesh.fit(sight.picture, start)
        if not mesh.usable or mesh.presence < LEAST_PRESENCE:
            return mesh
        return self._mesh.fit(sight.picture, mesh.region())

    def _read_blendshapes(self, sight: Sight, mesh: Mesh, readings: Readings) -> Blink | None:
        if self._blendshapes is None or not readings.open(FROM_BLENDSHAPES, sight):
            return None
        values = self._blendshapes.values(mesh.points)
        if values is None:
            readings.miss(FROM_BLENDSHAPES, FaceFlag.FAILED)
            return None
        blink = blink_of(values)
        if min(blink) > CLOSED_BLINK:
            readings.flag(FaceFlag.EYES_CLOSED)
        for measure in readings.open(FROM_BLENDSHAPES - {Measure.GAZE}, sight):
            taken = {Measure.BLENDSHAPES: values, Measure.BLINK: blink, Measure.ACTION_UNITS: action_units_of(values)}
            readings.enter(measure, taken[measure])
        return blink

    def _read_head(self, sight: Sight, mesh: Mesh, readings: Readings, face: CanonicalFace, blink: Blink | None) -> None:
        head = fit_head(face, mesh.points, (sight.picture.shape[1], sight.picture.shape[0]))
        if head is None:
            readings.miss(readings.open(FROM_HEAD, sight), FaceFlag.FAILED)
            return
        if readings.open({Measure.HEAD_POSE}, sight):
            readings.enter(Measure.HEAD_POSE, head.pose())
        if readings.open({Measure.GAZE}, sight) and blink is not None:
            self._read_gaze(mesh, readings, face, head, blink)

    @staticmethod
    def _read_gaze(mesh: Mesh, readings: Readings, face: CanonicalFace, head: Head, blink: Blink) -> None:
        if abs(head.pose().yaw_deg) > GAZE_YAW_DEG:
            readings.flag(FaceFlag.PROFILE)
            readings.miss({Measure.GAZE}, FaceFlag.PROFILE)
            return
        open_eyes = blink.right <= CLOSED_BLINK, blink.left <= CLOSED_BLINK
        readings.enter(Measure.GAZE, gaze_of(face, head, mesh.points, open_eyes))


def _place_of(region: Region, start: Region) -> Place:
    side = start.side
    return Place((region.x - start.x) / side, (region.y - start.y) / side, region.side / side, region.turn - start.turn)
