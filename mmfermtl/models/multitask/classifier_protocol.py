from typing import Optional, Tuple, Union

import torch
from torch import Tensor, nn

from ...structures import ExpressionDataSample, to_picture
from .fermtl_network import FERMTLNetwork
from .sample_labels import Samples, has_target, target_scores


class ClassifierProtocol:
    """Give :class:`FERMTL` the interface of mmpretrain's classifiers.

    This is all of a trained model except its losses. The parts of the network
    have the names that ``mmpretrain.ImageClassifier`` gives its own. They are
    properties: modules and weights are registered once, as
    ``network.backbone`` and so on.
    """

    network: FERMTLNetwork
    #: What :meth:`predict` generates by default.
    synthesis: Optional[str]

    @property
    def backbone(self) -> nn.Module:
        """nn.Module: The network's backbone, called with ``branches``."""
        return self.network.backbone

    @property
    def neck(self) -> Optional[nn.Module]:
        """nn.Module, optional: Between the FER features and the head."""
        return self.network.neck

    @property
    def head(self) -> Optional[nn.Module]:
        """nn.Module, optional: The recognition head."""
        return self.network.head

    @property
    def num_classes(self) -> int:
        """int: Number of expressions ``E`` of generator or head."""
        # mmpretrain's heads of other kinds may have no `num_classes`.
        generator = self.network.generator
        return (self.head if generator is None else generator).num_classes

    @property
    def with_neck(self) -> bool:
        """bool: Whether there is a neck."""
        return self.neck is not None

    @property
    def with_head(self) -> bool:
        """bool: Whether there is a head."""
        return self.head is not None

    def get_layer_depth(self, param_name: str) -> Tuple[int, int]:
        """Return the depth of a parameter, see :class:`FERMTLNetwork`."""
        # Names of this model start with `network.`.
        return self.network.get_layer_depth(param_name[len('network.'):])

    def extract_feat(self,
                     inputs: Tensor,
                     stage: str = 'neck') -> Union[Tensor, Tuple[Tensor, ...]]:
        """Extract the features of recognition.

        Args:
            inputs (Tensor): ``(N, C, H, W)`` in [-1, 1].
            stage (str): ``'backbone'``, ``'neck'`` (the same without a neck)
                or ``'pre_logits'``. Defaults to ``'neck'``.

        Returns:
            tuple[Tensor] | Tensor: FER features ``(N, C_i, H_i, W_i)`` of
            backbone or neck, FES features where the network has no head; for
            ``'pre_logits'`` the vectors before the last layer of the head,
            ``(N, D)``.

        Raises:
            ValueError: If there is no such stage, or no such method in the
                head.
        """
        if stage not in ('backbone', 'neck', 'pre_logits'):
            raise ValueError(f"stage={stage!r}; give 'backbone', 'neck' or "
                             "'pre_logits'")
        if stage != 'pre_logits':
            return self.network.extract_feat(inputs, stage)
        if not hasattr(self.head, 'pre_logits'):
            found = type(self.head).__name__ if self.with_head else 'no head'
            raise ValueError(
                "stage='pre_logits' needs a head with that method, such as "
                f"mmfermtl.FERHead, found {found}; give 'backbone' or 'neck'")
        return self.head.pre_logits(self.network.extract_feat(inputs))

    def raw_outputs(self,
                    inputs: Tensor,
                    data_samples: Optional[Samples] = None) -> Tensor:
        """Run the network as a function from tensors to a tensor.

        Args:
            inputs (Tensor): ``(N, C, H, W)`` in [-1, 1].
            data_samples (list, optional): ``N`` samples, used for their
                targets if there is no head. Defaults to None.

        Returns:
            Tensor: Logits ``(N, E)``, or without a head the generated images
            ``(N, C, H, W)`` in [-1, 1].

        Raises:
            ValueError: If there is neither a head nor a target.
        """
        if self.with_head:
            return self.head(self.network(inputs).fer_feats)
        if not data_samples:
            raise ValueError('this network has no head to give logits, and '
                             'without data_samples there is no target to '
                             'synthesize; give samples with a target')
        target = target_scores(data_samples, self.num_classes, inputs.device)
        return self.network(inputs, (target, )).fakes[0]

    def predict(self,
                inputs: Tensor,
                data_samples: Optional[Samples] = None,
                synthesis: Optional[str] = '') -> Samples:
        """Classify images, and generate expressions on request.

        Args:
            inputs (Tensor): ``(N, C, H, W)`` in [-1, 1].
            data_samples (list, optional): ``N`` samples to fill in. Defaults
                to None.
            synthesis (str, optional): ``'target'``, ``'all'`` or None. Empty
                means the constructor's. Defaults to ''.

        Returns:
            list: Samples with ``pred_score`` ``(E, )`` and ``pred_label``
            ``(1, )`` if there is a head, and with ``fake_img``
            ``(C, H, W)`` or ``fake_imgs`` ``(E, C, H, W)``, uint8, if
            generated.
        """
        synthesis = self.synthesis if synthesis == '' else synthesis
        check_synthesis(synthesis)
        targets: Tuple[Tensor, ...] = ()
        if self.network.generator is not None:
            if synthesis == 'all':
                # One-hot targets (N, E) for each expression.
                eye = torch.eye(self.num_classes, device=inputs.device)
                targets = tuple(row.expand(len(inputs), -1) for row in eye)
            elif synthesis == 'target' and any(
                    map(has_target, data_samples or ())):
                targets = (target_scores(data_samples, self.num_classes,
                                         inputs.device), )
        fer_feats, fakes = self.network(inputs, targets)
        if self.with_head:
            samples = self.head.predict(fer_feats, data_samples)
        else:
            samples = data_samples or [ExpressionDataSample() for _ in inputs]
        if fakes:
            images = to_picture(torch.stack(fakes, dim=1))  # (N, T, C, H, W)
            for sample, generated in zip(samples, images):
                if synthesis == 'all':
                    sample.set_field(generated, 'fake_imgs')
                else:
                    sample.set_field(generated[0], 'fake_img')
        return samples


def check_synthesis(synthesis: Optional[str]) -> None:
    """Raise an error if the value of ``synthesis`` is unknown."""
    if synthesis not in ('target', 'all', None):
        raise ValueError(f"synthesis={synthesis!r}; give 'target', 'all' or "
                         'None')


def check_network(network: nn.Module, loss_syn: Optional[nn.Module]) -> None:
    """Refuse losses that need a part which the network lacks.

    Raises:
        ValueError: If so.
    """
    if network.head is None and loss_syn is not None:
        raise ValueError(
            'loss_syn classifies the generated images with the head of '
            'the network, and there is none; set loss_syn=None')
    single_task = network.head is None or network.generator is None
    if single_task and network.loss_balance is not None:
        raise ValueError('loss_balance weights recognition and synthesis '
                         'against each other, but the network has only '
                         'one of them; set loss_balance=None')
