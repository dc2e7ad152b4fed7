"""Which files a folder of data consists of."""

from pyarrow import fs

from driftcheck.storage.delta import is_delta, live_files
from driftcheck.storage.partitions import DataFile

MAXIMUM_FILES = 100_000


def files_in(
    system: fs.FileSystem, folder: str, column: str | None = None
) -> list[DataFile]:
    """All data files, by path: of a Delta table as its log says, else as listed.

    `column` is that of the rows' times. Hidden files and folders, such as writers'
    markers, are no data. FileNotFoundError where there are no files, ValueError where
    they are too many.
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
