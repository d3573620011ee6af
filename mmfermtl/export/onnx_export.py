"""Export a network to a folder that runs without PyTorch."""
import hashlib
import os
import os.path as osp
import secrets
import shutil
from importlib import metadata
from typing import Any, Dict, NamedTuple, Optional

from ..inference.backend import EXPORT_FILE
from ..inference.model_folder import (CARD_FILE, FILES, FORMAT,
                                      read_model_folder)
from ..inference.onnx_backend import OnnxBackend
from ..stack import check_export_packages
from ..utils.atomic_files import PARTIAL, write_whole
from ..utils.errors import UserError
from ..utils.file_tree import is_junk
from ..utils.json_documents import write_json
from .export_source import ExportSource
from .int8_recogniser import make_int8
from .labelled_faces import LabelledFaces
from .model_card import format_card
from .onnx_parts import convert_parts
from .parity import check_parity, describe_decoder

LICENCE = ('Apache-2.0 for the network. The images that it was trained on '
           'have licences of their own, which may restrict its use: {data}.')
_VERSIONS = ('mmfermtl', 'torch', 'onnx', 'onnxscript', 'onnxruntime')


class ExportResult(NamedTuple):
    """What an export has written."""

    #: The content of ``model.json``.
    description: Dict[str, Any]
    #: Why there is no int8 form although it was asked for; else ''.
    refusal: str


def export_onnx(source: ExportSource,
                out: str,
                faces: Optional[LabelledFaces] = None,
                overwrite: bool = False) -> ExportResult:
    """Export a network, and compare it with the original before it is kept.

    The folder gets ``recogniser.onnx``, ``encoder.onnx`` and
    ``decoder.onnx``, as far as the network has these parts, ``model.json``
    and a model card. ``model.json`` is there only if all of it is.

    Args:
        source (ExportSource): The network.
        out (str): The folder; new, empty, or one to overwrite.
        faces (LabelledFaces, optional): Faces on which an int8 form of the
            recogniser is made and compared. Defaults to None, no such form.
        overwrite (bool): Whether to replace an export that is there.
            Defaults to False.

    Returns:
        ExportResult: The description, and whether int8 was refused.

    Raises:
        UserError: If a part cannot be converted or differs from the
            original, or the folder holds other files.
        ImportError: If the packages of the export are missing.
    """
    check_export_packages()
    check_folder(out, overwrite)
    if faces is not None and source.model.network.head is None:
        raise UserError(f'--int8: {source.name} has no head, so that there is '
                        'no accuracy to compare; leave --int8 out')
    parts = convert_parts(source)
    gaps = check_parity(source, parts)
    measured, refusal = None, ''
    if faces is not None:
        small, measured, refusal = make_int8(parts['recogniser'], faces)
        if small is not None:
            parts['recogniser_int8'] = small
    about = dict(
        format=FORMAT,
        name=source.name,
        classes=source.classes,
        image_size=list(source.image_size),
        in_channels=source.in_channels,
        **describe_decoder(parts),
        calibration=source.calibration,
        files={
            part:
            dict(
                path=FILES[part],
                sha256=hashlib.sha256(content).hexdigest(),
                bytes=len(content))
            for part, content in parts.items()
        },
        parity=gaps,
        int8=None if refusal else measured,
        source=source.origin,
        training_facts=source.facts,
        licence=_licence(source),
        versions={name: _version(name)
                  for name in _VERSIONS})
    _write_folder(out, about, parts)
    return ExportResult(about, refusal)


def check_folder(out: str, overwrite: bool) -> None:
    """Refuse a folder that is no place for an export, before the work.

    Raises:
        UserError: If it is a file, or holds other files or an export.
    """
    if not osp.isdir(out):
        if osp.lexists(out):
            raise UserError(f'--out {out}: this is a file, expected a folder; '
                            'give another name')
        return
    found = {name for name in os.listdir(out) if not is_junk(name)}
    others = sorted(found - {EXPORT_FILE, CARD_FILE, *FILES.values()})
    if others:
        raise UserError(f'--out {out}: found {others[0]}, expected an empty '
                        'folder, none, or an export; give another')
    if found and not overwrite:
        raise UserError(f'--out {out}: has an export already; give another '
                        'folder, or --overwrite to replace it')


def _write_folder(out: str, about: Dict[str, Any], parts: Dict[str,
                                                               bytes]) -> None:
    """Write all files beside the folder, try them, and move them there."""
    # A link stays one, to a folder that is replaced.
    out = osp.realpath(out)
    staged = f'{out}.{secrets.token_hex(4)}{PARTIAL}'
    try:
        for part, content in parts.items():
            write_whole(osp.join(staged, FILES[part]), content)
        write_whole(osp.join(staged, CARD_FILE), format_card(about).encode())
        write_json(osp.join(staged, EXPORT_FILE), about)
        # By the code that others will read it with.
        OnnxBackend(staged, threads=1).check()
        if not osp.isdir(out) or not os.listdir(out):
            os.replace(staged, out)
            return
        # A reader in between finds no model.json, and says so.
        for name in (EXPORT_FILE, CARD_FILE, *FILES.values()):
            if osp.lexists(osp.join(out, name)):
                os.remove(osp.join(out, name))
        for name in sorted(os.listdir(staged), key=EXPORT_FILE.__eq__):
            os.replace(osp.join(staged, name), osp.join(out, name))
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    read_model_folder(out)


def _licence(source: ExportSource) -> str:
    """Name the terms, and the datasets whose terms count, too."""
    names = [str(d.get('type')) for d in source.facts.get('datasets') or []]
    return LICENCE.format(
        data=', '.join(dict.fromkeys(names)) or 'not recorded')


def _version(name: str) -> Optional[str]:
    if name == 'mmfermtl':
        from ..version import __version__
        return __version__
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
