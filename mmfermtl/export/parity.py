"""Compare exported parts with the network that they were made of."""
from typing import Any, Dict

import numpy as np
import torch

from ..inference.model_folder import check_contents
from ..inference.onnx_backend import feature_names, open_session
from ..utils.errors import UserError
from .export_source import ExportSource, draw_faces, draw_targets

#: Largest absolute difference of logits, and of images in [-1, 1].
TOLERANCE = 1e-4
BATCH_SIZES = (1, 5)


def check_parity(source: ExportSource, parts: Dict[str,
                                                   bytes]) -> Dict[str, float]:
    """Require that ONNX Runtime computes what PyTorch computes.

    Both see the same random images and targets, and start from the images:
    the decoder gets the features of the exported encoder.

    Args:
        source (ExportSource): The network.
        parts (dict[str, bytes]): Of :func:`convert_parts`.

    Returns:
        dict[str, float]: Largest differences: ``logits`` and ``images``.

    Raises:
        UserError: If one is above 1e-4, or a part cannot be loaded.
    """
    sessions = {}
    for name, content in parts.items():
        check_contents(content, f'{name}.onnx')
        sessions[name] = open_session(content, f'{name}.onnx', threads=1)
    found: Dict[str, float] = {}
    for count in BATCH_SIZES:
        inputs = (draw_faces(source, count, seed=count),
                  draw_targets(source, count, seed=count))
        expected = _run_pytorch(source, *inputs)
        for name, value in _run_onnx(sessions, *inputs).items():
            # NaN counts as a difference.
            same = value.shape == tuple(expected[name].shape)
            gap = float(
                np.abs(value -
                       expected[name].numpy()).max()) if same else float('inf')
            if not gap <= TOLERANCE:
                raise UserError(
                    f'{source.name}: {name} of {count} faces by ONNX Runtime '
                    f'differ by {gap:.1e} from those of PyTorch, expected at '
                    f'most {TOLERANCE:.0e}: nothing was written; try other '
                    'versions of torch, onnxscript and onnxruntime')
            found[name] = max(found.get(name, 0.), gap)
    return found


def _run_pytorch(source: ExportSource, faces: torch.Tensor,
                 targets: torch.Tensor) -> Dict[str, torch.Tensor]:
    """Run the network as a whole."""
    network: Any = source.model.network
    found = {}
    with torch.no_grad():
        if network.head is not None:
            found['logits'] = source.model.raw_outputs(faces)
        if network.generator is not None:
            found['images'] = network(faces, (targets, )).fakes[0]
    return found


def _run_onnx(sessions: Dict[str, Any], faces: torch.Tensor,
              targets: torch.Tensor) -> Dict[str, np.ndarray]:
    """Run the exported parts one after the other."""
    found, images = {}, faces.numpy()
    if 'recogniser' in sessions:
        found['logits'], = sessions['recogniser'].run(['logits'],
                                                      dict(faces=images))
    if 'decoder' in sessions:
        maps = sessions['encoder'].run(None, dict(faces=images))
        decoder = sessions['decoder']
        given = dict(zip(feature_names(len(maps)), maps))
        given.update(targets=targets.numpy(), faces=images)
        wanted = {value.name for value in decoder.get_inputs()}
        found['images'], = decoder.run(['images'], {
            k: v
            for k, v in given.items() if k in wanted
        })
    return found


def describe_decoder(parts: Dict[str, bytes]) -> Dict[str, Any]:
    """Say how many features it gets, whether it needs faces, and displaces.

    Returns:
        dict: ``features``, ``change_mask`` and ``warp``, as in the file that
        describes an exported model.
    """
    if 'decoder' not in parts:
        return dict(features=0, change_mask=False, warp=False)
    encoder, decoder = (
        open_session(parts[name], f'{name}.onnx', threads=1)
        for name in ('encoder', 'decoder'))
    inputs, outputs = ({value.name
                        for value in values}
                       for values in (decoder.get_inputs(),
                                      decoder.get_outputs()))
    return dict(
        features=len(encoder.get_outputs()),
        change_mask='faces' in inputs,
        warp='flow' in outputs)
