"""A segmented reference as bytes: a zip of its segments' profiles and an index.

The zip's checksums detect a damaged file, the versions of both formats an older one.
"""

import io
import json
import zipfile

from driftcheck.contract import Features, SegmentRule
from driftcheck.dataset import SegmentedReference, Segments
from driftcheck.reference.profile_format import BROKEN, BrokenProfile, Profile
from driftcheck.reference.profile_format import FORMAT as PROFILE_FORMAT
from driftcheck.reference.profile_format import from_bytes as profile_from_bytes
from driftcheck.reference.profile_format import to_bytes as profile_to_bytes
from driftcheck.storage.limits import PROFILE_BYTES

FORMAT = f"1 of {PROFILE_FORMAT}"
"""Version of this format and of the profiles in it."""

SUFFIX = ".segments.zip"
INDEX = "segments.json"


def to_bytes(
    reference: SegmentedReference, features: Features, prediction: str | None
) -> bytes:
    """Return a segmented reference as bytes, for `from_bytes`."""
    segments = reference.segments
    index = {
        "format": FORMAT,
        "judged": segments.judged,
        "small": segments.small,
        "left_out": segments.left_out,
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as members:
        members.writestr(_member(INDEX), json.dumps(index))
        for place, value in enumerate(segments.judged):
            profile = Profile(reference.references[value], features, prediction)
            members.writestr(_member(str(place)), profile_to_bytes(profile))
    return file.getvalue()


def _member(name: str) -> zipfile.ZipInfo:
    """Return a member without a time, so that equal references have equal bytes."""
    return zipfile.ZipInfo(name)


def from_bytes(data: bytes, rule: SegmentRule) -> SegmentedReference:
    """Return the segments in the bytes; BrokenProfile if there are none of FORMAT."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as members:
            size = sum(member.file_size for member in members.infolist())
            if size > PROFILE_BYTES:
                raise BrokenProfile(f"{size} bytes are more than {PROFILE_BYTES}")
            index = json.loads(members.read(INDEX))
            if index["format"] != FORMAT:
                raise BrokenProfile(f"it has format {index['format']}, not {FORMAT}")
            judged = tuple(index["judged"])
            references = {
                value: profile_from_bytes(members.read(str(place))).reference
                for place, value in enumerate(judged)
            }
            segments = Segments(judged, tuple(index["small"]), index["left_out"])
    except BROKEN as error:
        if isinstance(error, BrokenProfile):
            raise
        raise BrokenProfile(f"it is damaged ({type(error).__name__})") from None
    return SegmentedReference(rule, segments, references)
