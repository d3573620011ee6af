"""Measure the recognition of a config's model, and faster forms of it."""
from typing import Any, Callable, Dict, List, Optional, Sequence

import torch
from mmengine.config import Config

from ...engine.config.config_errors import explain_config_errors
from ...models.multitask.recogniser import build_recogniser
from ...utils.errors import UserError
from .detection_speed import detection_call, opencv_threads
from .interleaved import Comparison, compare
from .onnx_speed import onnx_call, other_network
from .rendered_batches import render_batches
from .step_speed import build_training, prepare_measurement

#: Forms of the recogniser: ``model.test_step``, the network alone, with batch
#: norms folded, that in bfloat16 and compiled, and exported to ONNX.
FORMS = ('test_step', 'network', 'folded', 'folded bf16', 'folded compile',
         'onnx', 'onnx int8')


class _Forms:
    """Build the forms of a model's recogniser on one batch."""

    def __init__(self, model: Any, data: Any) -> None:
        self.model = model
        self.data = data
        with torch.no_grad():
            self.images = model.data_preprocessor(data)['inputs']

    def build(self, form: str) -> Callable[[int], Any]:
        """Return a function that runs a form."""
        model, images = self.model, self.images
        run: Callable[[], Any]
        if form.startswith('onnx'):
            return onnx_call(model, images, 'int8' in form)
        if form == 'test_step':
            model.synthesis = None
            run = lambda: model.test_step(self.data)  # noqa: E731
        elif form == 'network':
            run = lambda: model.raw_outputs(images)  # noqa: E731
        else:
            recogniser = build_recogniser(
                model,
                dtype='bfloat16' if 'bf16' in form else 'float32',
                compile='compile' in form,
                example=images)
            run = lambda: recogniser(images)  # noqa: E731

        def call(number: int) -> Any:
            with torch.inference_mode():
                return run()

        return call


def measure_inference(
        cfg: Config,
        forms: Sequence[str] = FORMS[:4],
        images: int = 1,
        steps: int = 20,
        warmup: int = 3,
        seed: int = 0,
        other: Optional[str] = None,
        detection: bool = False,
        clock: Optional[Callable[[], float]] = None) -> List[Comparison]:
    """Measure the recognition of a batch, with random weights.

    Args:
        cfg (Config): A loaded config of a model with a head.
        forms (Sequence[str]): Of :data:`FORMS`. Defaults to those of
            PyTorch but the compiled one.
        images (int): Images of a batch. Defaults to 1.
        steps (int): Calls that count. Defaults to 20.
        warmup (int): Calls before them. Defaults to 3.
        seed (int): Defaults to 0.
        other (str, optional): A network to compare with, see
            :func:`other_network`; it comes first. Defaults to None.
        detection (bool): Whether to measure the search for a face, too, if
            the weights of the detector are there. Defaults to False.
        clock (Callable, optional): See :func:`compare`.

    Returns:
        list[Comparison]: One for each form.

    Raises:
        UserError: If the model has no recognition head.
    """
    prepare_measurement(cfg)
    cfg.test_dataloader.batch_size = images
    with explain_config_errors(cfg):
        data, = render_batches(cfg, 'test', 1, seed)
        model, _ = build_training(cfg, seed)
    model.eval()
    if not getattr(model, 'with_head', False) or not hasattr(model, 'network'):
        raise UserError(f'{cfg.filename}: the model is no FERMTL with a head '
                        'that recognises')
    built = _Forms(model, data)
    calls: Dict[str, Any] = {}
    if other is not None:
        compared = other_network(other, images, model.num_classes)
        calls[compared.name] = compared.run
    calls.update({form: built.build(form) for form in forms})
    with opencv_threads():
        found = detection_call(images) if detection else None
        calls.update([found] if found else [])
        return compare(calls, steps, warmup, clock)
