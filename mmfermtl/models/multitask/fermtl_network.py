from typing import Any, List, NamedTuple, Optional, Sequence, Tuple, Union

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS
from ...utils.compile_options import read_compile_options
from ...utils.model_parts import build_part

Targets = Sequence[Tensor]
#: Names of the parts of a network.
PARTS = ('backbone', 'neck', 'head', 'generator')


class NetworkOutputs(NamedTuple):
    """Outputs of one pass of the network."""

    #: FER features for the head, ``(N, C_i, H_i, W_i)`` each.
    fer_feats: Tuple[Tensor, ...]
    #: Generated images, one batch ``(N, C, H, W)`` in [-1, 1] per target.
    fakes: List[Tensor]


@MODELS.register_module()
class FERMTLNetwork(BaseModule):
    """Backbone, recognition head and synthesis generator as one network.

    This is the one trainable child of :class:`FERMTL`; the losses stay in the
    model, so that under DDP every pass enters through one ``forward``.

    Args:
        backbone (dict | nn.Module): Called with ``branches='fer'``,
            ``'both'`` or ``'fes'`` if there is a generator, else as any
            backbone of mmpretrain.
        head (dict | nn.Module, optional): With the interface of mmpretrain's
            heads. None for synthesis only. Defaults to None.
        generator (dict | nn.Module, optional): None for recognition only.
            Defaults to None.
        neck (dict | nn.Module, optional): Between the FER features and the
            head, such as ``mmpretrain.GlobalAveragePooling`` before
            ``mmpretrain.LinearClsHead``. Defaults to None.
        channels_last (bool | str): Whether to store weights and images with
            the channels last in memory, which is faster for small images on
            CPUs, and on GPUs with mixed precision. ``'cuda'`` does so only
            where there is a GPU: on CPUs wide layers with instance norms are
            faster without. Defaults to False.
        compile (bool | dict): Whether to compile the forward pass with
            ``torch.compile``, or some of its options ``mode``,
            ``fullgraph``, ``dynamic`` and ``backend``, such as
            ``dict(mode='max-autotune')``. Names of weights do not change.
            The ``compile`` option of MMEngine's configs compiles the whole
            training step instead, optimizers included, which breaks this one
            into many graphs. Defaults to False.
        frozen (Sequence[str]): Parts that are not trained, of ``backbone``,
            ``neck``, ``head`` and ``generator``: always in evaluation mode
            and without gradients of their parameters, so that
            ``('backbone', 'head')`` trains synthesis and leaves recognition
            as it is. Defaults to ().
        init_cfg (dict, optional): See MMEngine. Defaults to None.

    Raises:
        ValueError: If there is neither a head nor a generator, or an option
            is wrong.
    """

    def __init__(self,
                 backbone: Union[dict, nn.Module],
                 head: Union[dict, nn.Module, None] = None,
                 generator: Union[dict, nn.Module, None] = None,
                 neck: Union[dict, nn.Module, None] = None,
                 channels_last: Union[bool, str] = False,
                 compile: Union[bool, dict] = False,
                 frozen: Sequence[str] = (),
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        if head is None and generator is None:
            raise ValueError('this network has nothing to do; give it a head '
                             'for recognition, a generator for synthesis, or '
                             'both')
        self.backbone = build_part(backbone)
        self.head = build_part(head)
        self.generator = build_part(generator)
        self.neck = build_part(neck)
        self.frozen = tuple(frozen)
        parts = [p for p in PARTS if getattr(self, p) is not None]
        for name in self.frozen:
            if name not in parts:
                raise ValueError(f'frozen={frozen!r}: this network has no '
                                 f'{name!r}; give some of {parts}')
            getattr(self, name).requires_grad_(False).eval()
        if channels_last not in (True, False, 'cuda'):
            raise ValueError(f'channels_last={channels_last!r}; give True, '
                             "False or 'cuda'")
        if channels_last == 'cuda':
            channels_last = torch.cuda.is_available()
        self.memory_format = (
            torch.channels_last if channels_last else torch.contiguous_format)
        if channels_last:
            self.to(memory_format=torch.channels_last)
        # `compile` of nn.Module replaces the call, not the module, so that
        # names of weights do not change.
        if compile is not False:
            self.compile(**read_compile_options(compile))

    def train(self, mode: bool = True) -> 'FERMTLNetwork':
        """Set the mode, except of frozen parts, which stay in evaluation."""
        super().train(mode)
        for name in self.frozen:
            getattr(self, name).eval()
        return self

    def forward(self,
                inputs: Tensor,
                targets: Targets = (),
                rows: Optional[Tensor] = None) -> NetworkOutputs:
        """Extract recognition features, and generate images per target.

        Without a target, only what recognition needs is computed. With
        several, the encoders still run once.

        Args:
            inputs (Tensor): ``(N, C, H, W)`` in [-1, 1].
            targets (Sequence[Tensor]): Target vectors, ``(M, E)`` each.
                Defaults to ().
            rows (Tensor, optional): ``(M, )`` int64, positions of the inputs
                to generate from. Defaults to None, all.

        Returns:
            NetworkOutputs: FER features of all inputs, none without a head,
            and generated images.

        Raises:
            ValueError: If targets are given, but there is no generator.
        """
        if self.generator is None and targets:
            raise ValueError('this network has no generator; add one to the '
                             'config to synthesize expressions')
        # Synthesis only.
        if self.head is None:
            fes_feats = self.extract_feat(inputs) if targets else ()
            return NetworkOutputs((),
                                  self._generate(fes_feats, targets, inputs,
                                                 rows))
        # Recognition only: the FES branch runs as far as FER depends on it.
        if not targets:
            return NetworkOutputs(self.extract_feat(inputs), [])
        fer_feats, fes_feats = self._run_backbone(inputs, 'both')
        return NetworkOutputs(
            self._neck(fer_feats),
            self._generate(fes_feats, targets, inputs, rows))

    def extract_feat(self,
                     inputs: Tensor,
                     stage: str = 'neck') -> Tuple[Tensor, ...]:
        """Extract the features that need no target.

        Args:
            inputs (Tensor): ``(N, C, H, W)`` in [-1, 1].
            stage (str): ``'backbone'``, or ``'neck'`` for the input of the
                head. Defaults to ``'neck'``.

        Returns:
            tuple[Tensor]: FER features ``(N, C_i, H_i, W_i)``; without a
            head FES features, which pass no neck.
        """
        if self.head is None:
            return self._run_backbone(inputs, 'fes')
        feats = self._run_backbone(inputs, 'fer')
        return feats if stage == 'backbone' else self._neck(feats)

    def get_layer_depth(self, param_name: str) -> Tuple[int, int]:
        """Return the depth of a parameter, for layer-wise learning rates.

        The interface is mmpretrain's.

        Args:
            param_name (str): Name of a parameter of this network.

        Returns:
            tuple[int, int]: The depth, and the number of depths. Head, neck
            and generator are the last.

        Raises:
            ValueError: If the backbone does not count depths.
        """
        if not hasattr(self.backbone, 'get_layer_depth'):
            raise ValueError(
                f'the backbone {type(self.backbone).__name__} has no '
                'get_layer_depth, which layer-wise learning rates need; use '
                'another backbone, or the default constructor of the '
                'optimizer wrapper')
        return self.backbone.get_layer_depth(param_name, 'backbone.')

    def _run_backbone(self, inputs: Tensor, branches: str) -> Any:
        """Extract features ``(N, C_i, H_i, W_i)`` of one branch or of both."""
        inputs = inputs.contiguous(memory_format=self.memory_format)
        # Recognition only works with backbones that know no branches.
        if self.generator is None:
            return self.backbone(inputs)
        return self.backbone(inputs, branches=branches)

    def _generate(self, fes_feats: Tuple[Tensor, ...], targets: Targets,
                  inputs: Tensor, rows: Optional[Tensor]) -> List[Tensor]:
        """Generate images ``(M, C, H, W)`` per target ``(M, E)``."""
        if rows is not None:
            fes_feats = tuple(feats[rows] for feats in fes_feats)
            inputs = inputs[rows]
        # Generators of other packages take no source.
        more = (inputs, ) if getattr(self.generator, 'change_mask',
                                     False) else ()
        return [self.generator(fes_feats, score, *more) for score in targets]

    def _neck(self, feats: Tuple[Tensor, ...]) -> Tuple[Tensor, ...]:
        """Apply the neck to FER features, if there is one."""
        return feats if self.neck is None else self.neck(feats)
