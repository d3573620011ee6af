"""Published weights of a tiny untrained network, for tests of inference."""
from typing import Any, Optional

import tiny_fermtl
import torch

from mmfermtl.engine.checkpoints.published_weights import FORMAT
from mmfermtl.utils.safe_loading.safetensors_files import (half_precision,
                                                           write_safetensors)

CLASSES = ['anger', 'fear', 'happiness', 'sadness']
SIZE = 32
#: Every class but happiness is ruled out below a probability of 0.5.
CALIBRATION = dict(
    format='mmfermtl-calibration-1',
    temperature=2.,
    classes=CLASSES,
    quantiles={'0.9': [0.5, 0.5, 0.9, 0.5]},
    score='1-p')


def write_weights(path: str,
                  generator: bool = True,
                  calibration: Optional[dict] = None,
                  **changes: Any) -> str:
    """Write the file; ``changes`` replace parts of its description."""
    network = dict(tiny_fermtl.NETWORK)
    if not generator:
        network['generator'] = None
    model = dict(type='mmfermtl.FERMTL', network=network, loss_rec=None)
    torch.manual_seed(0)
    built = tiny_fermtl.make_model(network=network, loss_rec=None)
    pipeline = [
        dict(type='mmfermtl.LoadFace', color_type='grayscale'),
        dict(type='mmfermtl.ResizeFace', size=SIZE),
        dict(type='mmfermtl.PackExpressionInputs')
    ]
    description = dict(
        format=FORMAT,
        name='tiny',
        config=None,
        model=model,
        pipeline=pipeline,
        classes=CLASSES,
        training_facts={},
        checkpoint_sha256='0' * 64)
    if calibration is not None:
        description['calibration'] = calibration
    description.update(changes)
    write_safetensors(path, half_precision(built.state_dict()), description)
    return path
