"""Arrays in a compressed file that is the same, byte for byte, whenever they are."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def save(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> int:
    """Write an `.npz`; its size in bytes. Unlike `numpy.savez_compressed` it holds no time of writing."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        for name, array in arrays.items():
            data = io.BytesIO()
            np.lib.format.write_array(data, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), data.getvalue(), zipfile.ZIP_LZMA)
    return path.stat().st_size
