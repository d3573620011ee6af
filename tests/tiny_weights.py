"""Published weights of a tiny untrained network, for tests of inference."""
import os.path as osp
from typing import Any, Dict, Optional, Tuple

import tiny_fermtl
import torch

from mmfermtl.engine.checkpoints.published_weights import FORMAT
from mmfermtl.utils.safe_loading.safetensors_files import (half_precision,
                                                           write_safetensors)

CLASSES = ['anger', 'fear', 'happiness', 'sadness']
SIZE = 32
PIPELINE = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(type='mmfermtl.ResizeFace', size=SIZE),
    dict(type='mmfermtl.PackExpressionInputs')
]
#: Every class but happiness is ruled out below a probability of 0.5.
CALIBRATION = dict(
    format='mmfermtl-calibration-1',
    temperature=2.,
    classes=CLASSES,
    quantiles={'0.9': [0.5, 0.5, 0.9, 0.5]},
    score='1-p')


def make_network(generator: bool = True) -> Dict[str, Any]:
    """The config of both branches, or of recognition alone."""
    network = dict(tiny_fermtl.NETWORK)
    if not generator:
        network['generator'] = None
        network['backbone'] = dict(
            network['backbone'], branches='fer', sharing=None)
    return network


def write_config(folder: str) -> Tuple[str, str]:
    """Write a config and an untrained checkpoint; return their paths."""
    config = osp.join(folder, 'tiny.py')
    model = dict(type='mmfermtl.FERMTL', network=make_network(), loss_rec=None)
    with open(config, 'w', encoding='utf-8') as file:
        file.write(f'model = {model}\n'
                   f'test_dataloader = dict(dataset=dict(pipeline={PIPELINE}))'
                   '\n')
    checkpoint = osp.join(folder, 'epoch_1.pth')
    built = tiny_fermtl.make_model(network=model['network'], loss_rec=None)
    meta = dict(dataset_meta=dict(classes=CLASSES))
    torch.save(dict(state_dict=built.state_dict(), meta=meta), checkpoint)
    return config, checkpoint


def write_weights(path: str,
                  generator: bool = True,
                  calibration: Optional[dict] = None,
                  **changes: Any) -> str:
    """Write the file; ``changes`` replace parts of its description."""
    network = make_network(generator)
    model = dict(type='mmfermtl.FERMTL', network=network, loss_rec=None)
    torch.manual_seed(0)
    built = tiny_fermtl.make_model(network=network, loss_rec=None)
    description = dict(
        format=FORMAT,
        name='tiny',
        config=None,
        model=model,
        pipeline=PIPELINE,
        classes=CLASSES,
        training_facts=dict(
            classes=changes.get('classes', CLASSES),
            datasets=[dict(space='SyntheticFaces')]),
        checkpoint_sha256='0' * 64)
    if calibration is not None:
        description['calibration'] = calibration
    description.update(changes)
    write_safetensors(path, half_precision(built.state_dict()), description)
    return path
