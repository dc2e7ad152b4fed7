"""A file system that counts which files are opened."""

from typing import Any

from pyarrow import fs


class CountingFiles(fs.FileSystemHandler):  # type: ignore[misc]
    """The local files, read-only; `opened` has each path once for each opening."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self._local = fs.LocalFileSystem()

    def get_type_name(self) -> str:
        """Its name."""
        return "counting"

    def normalize_path(self, path: str) -> str:
        """As the local one."""
        return str(self._local.normalize_path(path))

    def get_file_info(self, paths: list[str]) -> Any:
        """As the local one; nothing is opened for it."""
        return self._local.get_file_info(paths)

    def get_file_info_selector(self, selector: fs.FileSelector) -> Any:
        """As the local one; nothing is opened for it."""
        return self._local.get_file_info(selector)

    def open_input_file(self, path: str) -> Any:
        """Counted."""
        self.opened.append(path)
        return self._local.open_input_file(path)

    def open_input_stream(self, path: str) -> Any:
        """Counted."""
        self.opened.append(path)
        return self._local.open_input_stream(path)

    def _check_memory_limits(self, *_: Any, **__: Any) -> Any:
        raise PermissionError("read-only")

    create_dir = delete_dir = delete_dir_contents = _check_memory_limits
    delete_root_dir_contents = delete_file = move = copy_file = _check_memory_limits
    open_output_stream = open_append_stream = _check_memory_limits
