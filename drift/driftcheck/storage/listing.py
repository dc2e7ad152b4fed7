"""The data files of a folder."""

from pyarrow import fs

from driftcheck.storage.delta import is_delta, live_files
from driftcheck.storage.partitions import DataFile

MAXIMUM_FILES = 100_000
"""Files of one folder at most.

More of them, each opened for its footer, would take longer than a check may run. A
folder with a file for each minute reaches this after 69 days.
"""


def files_in(
    system: fs.FileSystem, folder: str, column: str | None = None
) -> list[DataFile]:
    """Return all data files of a folder, sorted by path.

    The files of a Delta table are those of its log. In any other folder, hidden files
    and folders, such as the markers of writers, are skipped. `column` has the rows'
    times. FileNotFoundError is raised if there are no files, ValueError if there are
    more than MAXIMUM_FILES.
    """
    if is_delta(system, folder):
        found = live_files(system, folder, column)
    else:
        listed = system.get_file_info(fs.FileSelector(folder, recursive=True))
        found = [
            DataFile(info.path, info.size)
            for info in listed
            if info.type == fs.FileType.File and _shown(info.path, folder)
        ]
    if not found:
        raise FileNotFoundError("the folder holds no files")
    if len(found) > MAXIMUM_FILES:
        raise ValueError(f"{len(found)} files are more than {MAXIMUM_FILES}")
    return sorted(found)


def _shown(path: str, folder: str) -> bool:
    parts = path[len(folder) :].strip("/").split("/")
    return not any(part.startswith((".", "_")) for part in parts)
