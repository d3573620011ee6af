from typing import Any, Callable, Dict, Optional, Tuple

import torch
from mmengine.dist import is_distributed
from mmengine.optim import OptimWrapper
from torch import Tensor, nn

from ..balancing import UncertaintyWeighting
from ..heads.fer_head import reads_labels
from .batch_targets import BatchTargets
from .expression_data_preprocessor import ExpressionDataPreprocessor
from .fermtl_network import FERMTLNetwork
from .sample_labels import Samples
from .step_graphs import StepGraphs, check_wrapper, read_logs


class TrainingStep:
    """Give :class:`FERMTL` its training step, with CUDA graphs or without."""

    network: FERMTLNetwork
    data_preprocessor: nn.Module
    parse_losses: Callable
    num_classes: int
    #: Graphs of the passes of a step, None without.
    step_graphs: Optional[StepGraphs] = None

    def prepare_training(self, cuda_graphs: bool) -> None:
        """Have targets read before they are moved, and make the graphs.

        Raises:
            ValueError: If graphs would not compute the same.
        """
        if isinstance(self.data_preprocessor, ExpressionDataPreprocessor):
            self.data_preprocessor.read_targets = self.read_targets
        if cuda_graphs:
            self._check_graphs()
            # Without a GPU the same config trains without them.
            if torch.cuda.is_available():
                self.step_graphs = StepGraphs()

    def read_targets(self, samples: Samples) -> BatchTargets:
        """Read what the losses need of ``N`` samples, on their device."""
        synthesis = self.network.generator is not None
        targets = BatchTargets.read(samples,
                                    self.num_classes if synthesis else None)
        if reads_labels(self.network.head):
            for part in targets:
                if part is not None and part.labels is not None:
                    self.network.head.check_labels(part.labels)
        return targets

    def train_step(self, data: Any,
                   optim_wrapper: OptimWrapper) -> Dict[str, Tensor]:
        """Train on one batch.

        Args:
            data (dict): A batch as the data loader returns it.
            optim_wrapper (OptimWrapper): The optimizer.

        Returns:
            dict[str, Tensor]: Scalars to log.
        """
        return self.run_step(
            data, lambda batch, graphs: self.update_part(
                'loss', batch, optim_wrapper, self, graphs)[0])

    def run_step(self, data: Any, step: Callable) -> Dict[str, Tensor]:
        """Run a training step, with CUDA graphs if they fit the batch.

        Args:
            data (dict): A batch as the data loader returns it.
            step (Callable): Takes the preprocessed batch, and the graphs to
                use or None. Returns scalars to log.

        Returns:
            dict[str, Tensor]: What ``step`` returns.
        """
        data = self.data_preprocessor(data, training=True)
        graphs = self.step_graphs
        if graphs is None:
            return step(data, None)
        staged = graphs.stage(data)
        if staged is not None:
            return read_logs(step(staged, graphs))
        with graphs.eager():
            return read_logs(step(data, None))

    def update_part(self, mode: str, data: Dict[str,
                                                Any], wrapper: OptimWrapper,
                    wrapped_model: nn.Module, graphs: Optional[StepGraphs],
                    **kwargs) -> Tuple[Dict[str, Tensor], Optional[Tensor]]:
        """Compute the losses of a mode, and update what a wrapper trains.

        Args:
            mode (str): As in :meth:`forward`.
            data (dict): The preprocessed batch.
            wrapper (OptimWrapper): The optimizer of the trained part.
            wrapped_model (nn.Module): This model, or the DDP wrapper.
            graphs (StepGraphs, optional): None computes without them.
            **kwargs: Further arguments of ``forward``.

        Returns:
            tuple: Scalars to log, and the generated images
            ``(M, C, H, W)`` in [-1, 1], without a graph of autograd; None
            where the mode returns none.
        """

        def compute() -> Tuple[Tensor, Dict[str, Tensor], Optional[Tensor]]:
            with wrapper.optim_context(wrapped_model):
                losses = wrapped_model(**data, mode=mode, **kwargs)
            losses, fake = losses if isinstance(losses, tuple) else (losses,
                                                                     None)
            total, log_vars = self.parse_losses(losses)
            return total, log_vars, None if fake is None else fake.detach()

        if graphs is None:
            total, log_vars, fake = compute()
            wrapper.update_params(total)
            return log_vars, fake
        check_wrapper(wrapper)

        def compute_gradients() -> Tuple[Dict[str, Tensor], Optional[Tensor]]:
            total, log_vars, fake = compute()
            wrapper.backward(wrapper.scale_loss(total))
            return {k: v.detach() for k, v in log_vars.items()}, fake

        log_vars, fake = graphs.run(mode, compute_gradients, wrapper)
        wrapper.step()
        wrapper.zero_grad()
        return dict(log_vars), fake

    def _check_graphs(self) -> None:
        """Raise an error if CUDA graphs would not compute the same."""
        found = []
        network = self.network
        if is_distributed():
            found.append('several processes')
        if not isinstance(self.data_preprocessor, ExpressionDataPreprocessor):
            found.append('the data preprocessor '
                         f'{type(self.data_preprocessor).__name__}')
        if network.head is not None and not reads_labels(network.head):
            found.append(f'the head {type(network.head).__name__}')
        balance = network.loss_balance
        # Others compute their weights on the host, by epoch or gradient.
        if not isinstance(balance, (type(None), UncertaintyWeighting)):
            found.append(f'the loss_balance {type(balance).__name__}')
        if getattr(network, '_compiled_call_impl', None) is not None:
            found.append('network.compile')
        if found:
            raise ValueError('model.cuda_graphs=True does not work with '
                             f'{" and ".join(found)}; set it to False')
