"""Turn modules of PyTorch into ONNX."""
import contextlib
import io
import logging
import warnings
from typing import Any, Dict, Iterator, List, Sequence, Tuple

import torch
from torch import nn

from ..inference.onnx_backend import feature_names
from ..utils.errors import UserError
from .export_source import ExportSource, draw_faces, draw_targets
from .network_parts import DecoderPart, EncoderPart, RecogniserPart

#: Weights that are computed from others, as those of upsampling, are stored
#: instead of the computation: up to this many elements.
_FOLDED = 1 << 28


def convert_parts(source: ExportSource) -> Dict[str, bytes]:
    """Convert the parts that a network has.

    Args:
        source (ExportSource): The network.

    Returns:
        dict[str, bytes]: ONNX by ``'recogniser'``, ``'encoder'`` and
        ``'decoder'``: all weights inside, no names of files and lines.

    Raises:
        UserError: If PyTorch cannot convert a part.
    """
    network: Any = source.model.network
    faces, parts = draw_faces(source, 2), {}
    if network.head is not None:
        parts['recogniser'] = convert_part(
            RecogniserPart(network), 'recogniser', (faces, ), ['faces'],
            ['logits'])
    if network.generator is not None:
        encoder, decoder = EncoderPart(network), DecoderPart(network)
        with torch.no_grad():
            features = encoder(faces)
        names = feature_names(len(features))
        parts['encoder'] = convert_part(encoder, 'encoder', (faces, ),
                                        ['faces'], names)
        more = (faces, ) if decoder.change_mask else ()
        parts['decoder'] = convert_part(
            decoder, 'decoder', (features, draw_targets(source, 2), *more),
            [*names, 'targets', *['faces'] * len(more)],
            ['images', *['flow'] * decoder.warp])
    return parts


def convert_part(part: nn.Module, name: str, inputs: Tuple[Any, ...],
                 input_names: Sequence[str], output_names: List[str]) -> bytes:
    """Convert one module, for any number of faces.

    Args:
        part (nn.Module): In evaluation mode.
        name (str): What it is, for messages.
        inputs (tuple): Example inputs, tensors or tuples of tensors, whose
            first dimension is the number of faces, at least 2.
        input_names (Sequence[str]): Of all tensors of ``inputs``.
        output_names (list[str]): Of all outputs.

    Returns:
        bytes: ONNX, all weights inside, no names of files and lines.

    Raises:
        UserError: If PyTorch cannot convert it.
    """
    import onnxscript.optimizer
    batch = {0: torch.export.Dim('batch')}
    shapes = tuple(
        tuple(batch for _ in given) if isinstance(given, tuple) else batch
        for given in inputs)
    try:
        with torch.no_grad(), _quiet():
            program = torch.onnx.export(
                part,
                inputs,
                dynamo=True,
                input_names=input_names,
                output_names=output_names,
                dynamic_shapes=shapes,
                verbose=False)
            onnxscript.optimizer.optimize(
                program.model,
                input_size_limit=_FOLDED,
                output_size_limit=_FOLDED)
    except Exception as error:  # torch.onnx raises several kinds
        cause = error.__cause__ or error
        reason = str(cause).strip().splitlines() or [type(cause).__name__]
        raise UserError(
            f'the {name} cannot be converted to ONNX by PyTorch '
            f'{torch.__version__} ({reason[0][:200]}); expected parts whose '
            'shapes do not depend on the number of faces') from error
    return _serialise(program.model)


def _serialise(model: Any) -> bytes:
    """Write a model to bytes, without the traces of how it was made."""
    import onnx_ir
    for node in model.graph.all_nodes():
        node.metadata_props.clear()
        node.doc_string = None
        for value in node.outputs:
            value.metadata_props.clear()
    for value in [*model.graph.inputs, *model.graph.initializers.values()]:
        value.metadata_props.clear()
    model.graph.metadata_props.clear()
    model.metadata_props.clear()
    model.graph.name, model.graph.doc_string = 'main', None
    return onnx_ir.to_proto(model).SerializeToString(deterministic=True)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Hold back what the exporter tells its developers."""
    logger = logging.getLogger('torch.onnx')
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(
                io.StringIO()):
            warnings.simplefilter('ignore')
            yield
    finally:
        logger.setLevel(level)
