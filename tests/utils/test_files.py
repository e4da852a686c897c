import errno
import resource
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from utils.files import atomic_write, make_private_folder

ROOT = Path(__file__).parents[2]
FILLS_THE_DISK = """
import resource, signal, sys
from pathlib import Path
from utils.files import atomic_write
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    atomic_write(Path(sys.argv[1]), b"x" * 5000)
except OSError as error:
    print(error.errno)
"""


def test_the_file_has_the_new_bytes_and_is_its_owners_alone(tmp_path: Path) -> None:
    atomic_write(tmp_path / "state.json", b"one")
    atomic_write(tmp_path / "state.json", b"two")

    assert (tmp_path / "state.json").read_bytes() == b"two"
    assert stat.S_IMODE((tmp_path / "state.json").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def test_the_mode_is_what_was_asked_for_whatever_the_umask(tmp_path: Path) -> None:
    atomic_write(tmp_path / "state.json", b"one", mode=0o644)

    assert stat.S_IMODE((tmp_path / "state.json").stat().st_mode) == 0o644


def test_a_concurrent_reader_never_sees_a_part(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    atomic_write(path, b"a" * 10_000)
    done = threading.Event()
    seen: set[bytes] = set()

    def read() -> None:
        while not done.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for letter in b"bcdefghij" * 5:
        atomic_write(path, bytes([letter]) * 10_000)
    done.set()
    reader.join()

    assert all(len(data) == 10_000 and len(set(data)) == 1 for data in seen)


def test_a_full_disk_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    atomic_write(path, b"old")

    run = subprocess.run(
        [sys.executable, "-c", FILLS_THE_DISK, path],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert run.stdout.split() == [str(errno.EFBIG)]
    assert path.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        atomic_write(tmp_path / "nowhere" / "state.json", b"one")


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    for _ in range(min(soft, 400)):
        atomic_write(tmp_path / "state.json", b"one")

    with (tmp_path / "probe").open("wb") as probe:
        assert probe.fileno() < 200


def test_private_folders_are_made_with_their_parents_and_existing_ones_left_alone(
    tmp_path: Path,
) -> None:
    tmp_path.chmod(0o755)

    make_private_folder(tmp_path / "data" / "run")
    make_private_folder(tmp_path / "data" / "run")

    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "data" / "run").stat().st_mode) == 0o700
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_a_file_in_the_place_of_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"")

    with pytest.raises(OSError, match="data"):
        make_private_folder(tmp_path / "data" / "run")
