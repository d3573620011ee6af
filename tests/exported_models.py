"""Tiny networks, and what the export makes of them."""
import copy
import json
import os.path as osp
from typing import Any, Dict

import torch
from tiny_fermtl import make_model

from mmfermtl.export.export_source import ExportSource
from mmfermtl.models import FERMTL

CLASSES = ['anger', 'fear', 'happiness', 'sadness']
PIPELINE = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(type='mmfermtl.ToGray'),
    dict(type='mmfermtl.ResizeFace', size=32),
    dict(type='mmfermtl.PackExpressionInputs'),
]
#: Of few layers, for PyTorch takes seconds to convert a part.
NETWORK = dict(
    type='mmfermtl.FERMTLNetwork',
    backbone=dict(
        type='mmfermtl.ConvFLUBackbone',
        stem_channels=(4, ),
        channels=(4, 8),
        exchange=(0, )),
    head=dict(type='mmfermtl.FERHead', in_channels=8, num_classes=4),
    # As in the shipped configs: label maps, upsampling by rows, mask, flow.
    generator=dict(
        type='mmfermtl.FESGenerator',
        in_channels=8,
        num_classes=4,
        channels=(8, 8, 4),
        convs=((8, ), (8, ), (4, )),
        skip_channels=(4, 4),
        label='concat',
        label_channels=4,
        label_maps=2,
        norm_cfg=dict(type='BN'),
        upsample='nearest',
        change_mask=True,
        warp=True))


def tiny_network(**parts: Any) -> Dict[str, Any]:
    """The network with other values of its parts, or without a part."""
    network = copy.deepcopy(NETWORK)
    for name, value in parts.items():
        network[name] = value and {**network[name], **value}
    if network['generator'] is None:
        network['backbone']['branches'] = 'fer'
    return network


def with_statistics(model: FERMTL, channels: int) -> FERMTL:
    """Give batch norms the statistics of images, dark ones and bright ones."""
    generator = torch.Generator().manual_seed(3)
    noise = torch.rand((32, channels, 32, 32), generator=generator)
    level = torch.rand((32, 1, 1, 1), generator=generator)
    images = noise + level * 1.5 - 1.25
    targets = (torch.eye(4)[torch.arange(32) % 4], )
    network = model.train().network
    with torch.no_grad():
        for _ in range(40):
            found = network(images, targets if network.generator else ())
            if network.head is not None:
                network.head(found.fer_feats)
    return model.eval()


def tiny_source(**parts: Any) -> ExportSource:
    """Something to export: faces of 32 px, four classes."""
    model = make_model(network=tiny_network(**parts))
    if getattr(model.network.generator, 'warp', False):
        # Which begins with zeros; now by a few pixels.
        torch.nn.init.normal_(model.network.generator.flow_conv.weight, 0, .02)
    stem = next(model.backbone.parameters())
    with_statistics(model, stem.size(1))
    facts = dict(
        image_size=[32, 32],
        images=12,
        datasets=[
            dict(
                type='SyntheticFaces',
                space='SyntheticFaces',
                split='train',
                fold=0)
        ])
    origin = dict(config='tiny', checkpoint_sha256='0' * 64)
    return ExportSource('tiny', model, CLASSES, (32, 32), stem.size(1),
                        PIPELINE, facts, origin)


def read_about(folder: str) -> Dict[str, Any]:
    """The content of ``model.json``."""
    with open(osp.join(folder, 'model.json'), encoding='utf-8') as file:
        return json.load(file)


def write_about(folder: str, about: Any) -> None:
    """Write ``model.json`` as a stranger might."""
    text = about if isinstance(about, str) else json.dumps(about)
    with open(osp.join(folder, 'model.json'), 'w', encoding='utf-8') as file:
        file.write(text)
