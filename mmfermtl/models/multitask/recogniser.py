"""The recognition half of a model, made fast for inference."""
import copy
from typing import Any, Optional

import torch
from mmcv.cnn import fuse_conv_bn
from torch import Tensor, nn

from ..backbones.two_branch_backbone import TwoBranchBackbone
from .classifier_protocol import ClassifierProtocol


class Recogniser(nn.Module):
    """Compute the probabilities of expressions, and nothing else.

    Built by :func:`build_recogniser`.

    Args:
        model (nn.Module): A trained model with a head.
        dtype (torch.dtype): Precision of the network.
    """

    def __init__(self, model: Any, dtype: torch.dtype) -> None:
        super().__init__()
        network = copy.deepcopy(model.network)
        # Generator, discriminator and losses are not needed.
        network.generator = None
        self.branches = dict() if model.network.generator is None else dict(
            branches='fer')
        self.backbone = network.backbone
        if isinstance(self.backbone, TwoBranchBackbone):
            self.backbone.drop_to_fes()
        self.neck = network.neck
        self.head = network.head
        self.memory_format = network.memory_format
        self.dtype = dtype
        self.eval()

    def forward(self, images: Tensor) -> Tensor:
        """Classify images.

        Args:
            images (Tensor): ``(N, C, H, W)`` in [-1, 1].

        Returns:
            Tensor: Probabilities, ``(N, E)`` float32.
        """
        images = images.contiguous(memory_format=self.memory_format)
        with torch.autocast(
                images.device.type,
                self.dtype,
                enabled=self.dtype != torch.float32):
            feats = self.backbone(images, **self.branches)
            if self.neck is not None:
                feats = self.neck(feats)
            logits = self.head(feats)
        # Half precision would round the softmax.
        return logits.float().softmax(dim=1)


def build_recogniser(model: ClassifierProtocol,
                     dtype: str = 'float32',
                     compile: bool = False,
                     example: Optional[Tensor] = None) -> nn.Module:
    """Copy the recognition half of a model, and make the copy fast.

    Batch norms are folded into the convolutions before them. Generator,
    discriminator and losses are left out, and so are the directions of
    sharing units that recognition does not read. The model itself is not
    changed.

    Args:
        model (FERMTL): A trained model with a head, on its device.
        dtype (str): ``'float32'``, or ``'bfloat16'``, which is faster where
            the processor has units for it, and changes probabilities by some
            1e-2. Defaults to ``'float32'``.
        compile (bool): Whether to compile the network with
            ``torch.compile``, which takes minutes on a CPU, once for each
            image size. Without freezing, which fails at a second batch size.
            Defaults to False.
        example (Tensor, optional): Images ``(N, C, H, W)`` in [-1, 1] on
            which the folded network is compared with the original one.
            Defaults to None, random ones of 64 px.

    Returns:
        nn.Module: Maps images ``(N, C, H, W)`` in [-1, 1] to probabilities
        ``(N, E)``. Call it under ``torch.inference_mode()``.

    Raises:
        ValueError: If the model has no head, or an option is wrong.
        RuntimeError: If folding would change the probabilities.
    """
    if dtype not in ('float32', 'bfloat16'):
        raise ValueError(f"dtype={dtype!r}; give 'float32' or 'bfloat16'")
    if not model.with_head:
        raise ValueError('this model has no head, so it recognises nothing; '
                         'give a model with one')
    recogniser = Recogniser(model, torch.float32)
    weight = next(recogniser.parameters())
    if example is None:
        generator = torch.Generator().manual_seed(0)
        # The first weight is that of the stem, (C_out, C, h, w).
        shape = (2, weight.size(1), 64, 64)
        example = torch.rand(shape, generator=generator) * 2 - 1
    example = example.to(weight.device)
    with torch.no_grad():
        before = recogniser(example)
        # In place, in the order of the children: compared below.
        fuse_conv_bn(recogniser)
        after = recogniser(example)
    change = float((after - before).abs().max())
    if not change < 1e-3:
        raise RuntimeError(
            f'folding the batch norms changes probabilities by {change:.1e}: '
            'a backbone or head does not run a batch norm right after the '
            'convolution that is registered before it; use model.predict')
    recogniser.requires_grad_(False)
    recogniser.dtype = getattr(torch, dtype)
    if compile:
        recogniser.compile(options={'freezing': False})
    return recogniser
