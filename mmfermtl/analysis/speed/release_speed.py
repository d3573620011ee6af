"""Measure our step against that of the release of 2021, from a clone of it.

Nothing of the release is contained here: its network is imported from the
folder that the user names, and its step is written down from what its paper
and code do. Neither side has the face network of its perceptual loss, whose
weights are not in the clone.
"""
import copy
import importlib
import os.path as osp
import sys
from typing import Any, Callable, Dict, List, Sequence, Tuple

import torch
import torch.nn.functional as F
from mmengine.config import Config
from mmengine.device import get_device
from torch import Tensor, nn

from ...engine.config.config_errors import explain_config_errors
from ...engine.launch import enable_amp
from ...utils.errors import UserError
from .interleaved import Comparison, compare
from .scaling_speed import Scale, random_batch, set_classes
from .step_speed import build_training, prepare_measurement

#: Expressions of the release, to which its decoder is fixed.
CLASSES = 6
#: Our variants: as in :data:`.step_speed.VARIANTS`.
OURS = ('float32', 'bf16')


def measure_release(cfg: Config,
                    clone: str,
                    variants: Sequence[str] = OURS,
                    images: int = 8,
                    side: int = 96,
                    steps: int = 5,
                    warmup: int = 1,
                    seed: int = 0) -> List[Comparison]:
    """Measure training steps of the release and of a config in turns.

    Args:
        cfg (Config): A loaded config in colour, ``configs/r21/...``.
        clone (str): Folder of a clone of ``github.com/cikrhazo/FERSNet``,
            whose code is run: name one that you trust.
        variants (Sequence[str]): Of :data:`OURS`. Defaults to both.
        images (int): Images of a batch. Defaults to 8.
        side (int): Side of an image in pixels. Defaults to 96.
        steps (int): Steps that count. Defaults to 5.
        warmup (int): Steps before them. Defaults to 1.
        seed (int): Defaults to 0.

    Returns:
        list[Comparison]: ``'release'``, then our variants.

    Raises:
        UserError: If the folder is no such clone, or a variant is unknown.
    """
    unknown = sorted(set(variants) - set(OURS))
    if unknown:
        raise UserError(f'--variants {" ".join(unknown)}: expected '
                        f'{" or ".join(OURS)} beside the release')
    prepare_measurement(cfg)
    torch.manual_seed(seed)
    network, discriminator = _load_release(clone, side)
    scale = Scale(images, side, CLASSES)
    data = random_batch(scale, 3, seed)
    calls: Dict[str, Callable[[int], Any]] = {
        'release': _release_step(network, discriminator, data)
    }
    for variant in variants:
        ours = copy.deepcopy(cfg)
        set_classes(ours.model, CLASSES)
        if variant == 'bf16':
            enable_amp(ours, 'bfloat16')
        with explain_config_errors(cfg):
            model, optim_wrapper = build_training(ours, seed)
        calls[f'ours, {variant}'] = _our_step(model, optim_wrapper, data)
    return compare(calls, steps, warmup)


def _our_step(model: nn.Module, optim_wrapper: Any,
              data: Dict[str, Any]) -> Callable[[int], Any]:
    return lambda number: model.train_step(copy.deepcopy(data), optim_wrapper)


def _load_release(clone: str, side: int) -> Tuple[nn.Module, nn.Module]:
    """Build network and discriminator of the release for grey or colour."""
    if not osp.isfile(osp.join(clone, 'network.py')):
        raise UserError(f'--release {clone}: found no network.py, expected a '
                        'clone of https://github.com/cikrhazo/FERSNet')
    sys.path.insert(0, osp.abspath(clone))
    try:
        release = importlib.import_module('network')
    finally:
        sys.path.pop(0)
    network = release.FERSNet(
        vgg_name='VGG13', num_class=CLASSES, mem_size=512, k_channel=3)
    discriminator = release.Discriminator(
        input_shape=(3, side, side), num_class=CLASSES)
    device = torch.device(get_device())
    return network.to(device), discriminator.to(device)


def _release_step(network: nn.Module, discriminator: nn.Module,
                  data: Dict[str, Any]) -> Callable[[int], None]:
    """Return the training step of the release on one batch.

    Three updates of the discriminator on images generated in evaluation mode
    by a pass of its own, then one of the network: classification, L1 to the
    target image, 0.3 of the adversarial and 0.5 of the cycle loss. Adam.
    """
    device = next(network.parameters()).device
    samples = data['data_samples']
    face, real = ((torch.stack(images).float() / 255).to(device)
                  for images in (data['inputs'], [s.gt_img for s in samples]))
    label = torch.cat([s.gt_label for s in samples]).to(device)
    target = torch.cat([s.target_label for s in samples]).to(device)
    shown, wanted = (F.one_hot(x, CLASSES).float() for x in (label, target))
    planes = wanted[..., None, None].expand(-1, -1, *face.shape[2:])
    options: Dict[str, Any] = dict(
        lr=1e-4, betas=(0.5, 0.999), weight_decay=5e-4)
    optimizers = [
        torch.optim.Adam(part.parameters(), **options)
        for part in (network, discriminator)
    ]

    def distance(logits: Tensor, value: float) -> Tensor:
        return F.mse_loss(logits, torch.full_like(logits, value))

    def step(number: int) -> None:
        network.eval()
        with torch.no_grad():
            fake = network(face, wanted)[0]
        for _ in range(3):
            optimizers[1].zero_grad()
            loss = (distance(discriminator(real, planes), 1) +
                    distance(discriminator(fake, planes), 0)) / 2
            loss.backward()
            optimizers[1].step()
        network.train()
        optimizers[0].zero_grad()
        fake, logits = network(face, wanted)
        back = network(fake, shown)[0]
        loss = F.cross_entropy(logits, label) + F.l1_loss(fake, real)
        loss = loss + 0.3 * distance(discriminator(fake, planes), 1)
        (loss + 0.5 * F.mse_loss(back, face)).backward()
        optimizers[0].step()

    return step
