"""Replay the passes of a training step as CUDA graphs.

A step of a small network launches about a thousand kernels of a few
microseconds, each of which takes PyTorch some 25 us to dispatch. A CUDA graph
launches all of a pass at once. See
https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs for what can
be captured.
"""
from collections import Counter
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional

import torch
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from torch import Tensor

#: Steps of one kind of batch that run without a graph before it is captured:
#: they make the state of the optimizers, and let cuDNN choose algorithms.
WARMUP = 3


class CudaGraph:
    """A function of fixed tensors, captured and replayed on a GPU.

    Args:
        stream (torch.cuda.Stream): The stream to capture on.
        pool (tuple): Memory pool of the graphs of a step.
    """

    def __init__(self, stream: Any, pool: Any) -> None:
        self._graph = torch.cuda.CUDAGraph()
        self._stream = stream
        self._pool = pool

    def capture(self, compute: Callable[[], Any]) -> Any:
        """Capture a function. Nothing is computed until it is replayed."""
        # Only this thread: that of the loader may pin memory meanwhile.
        with torch.cuda.graph(
                self._graph,
                pool=self._pool,
                stream=self._stream,
                capture_error_mode='thread_local'):
            return compute()

    def replay(self) -> None:
        """Compute, from the present values of the same tensors."""
        self._graph.replay()


class GraphFactory:
    """Make graphs that share a stream and a memory pool."""

    def __init__(self) -> None:
        self._stream: Any = None
        self._pool: Any = None

    def __call__(self) -> CudaGraph:
        """Make an empty graph."""
        if self._pool is None:
            self._pool = torch.cuda.graph_pool_handle()
        return CudaGraph(self._stream, self._pool)

    @contextmanager
    def eager(self) -> Iterator[None]:
        """Run on the stream of the graphs, as a capture needs it before."""
        if self._stream is None:
            self._stream = torch.cuda.Stream()
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            yield
        torch.cuda.current_stream().wait_stream(self._stream)


class Recording(NamedTuple):
    """A captured pass."""

    graph: Any
    #: What the pass returned: tensors that each replay fills.
    outputs: Any
    #: Each trained parameter with the tensor of its gradient.
    gradients: List[Any]


class StepGraphs:
    """Compute the passes of a step by graphs, for one kind of batch.

    Graphs compute on fixed tensors. Batches of the first kind (shapes, and
    which targets there are) that was seen more than :data:`WARMUP` times are
    copied into such tensors; all others, such as the last batch of an epoch,
    run without graphs. Optimizers run without them, too.

    Args:
        make_graph (Callable): Makes objects as :class:`CudaGraph`, and has a
            context ``eager``. Defaults to None, :class:`GraphFactory`.
    """

    def __init__(self, make_graph: Optional[Any] = None) -> None:
        self._make_graph = make_graph or GraphFactory()
        self._seen: Counter = Counter()
        self._kind: Any = None
        self._static: Any = None
        self._recordings: Dict[str, Recording] = {}

    def stage(self, data: Dict[str, Any]) -> Optional[Dict[str, Any]]:
        """Copy a batch into the tensors of the graphs.

        Args:
            data (dict): A batch as the data preprocessor returns it.

        Returns:
            dict, optional: The batch on the fixed tensors; None if it is of
            another kind.
        """
        kind = tuple(_describe(data))
        if self._kind is None:
            self._seen[kind] += 1
            if self._seen[kind] > WARMUP:
                self._kind, self._static = kind, _map_tensors(
                    data, Tensor.clone)
        if kind != self._kind:
            return None
        with torch.no_grad():
            for old, new in zip(_tensors(self._static), _tensors(data)):
                old.copy_(new, non_blocking=True)
        return self._static

    def eager(self) -> Any:
        """Return the context of steps without graphs."""
        return self._make_graph.eager()

    def run(self,
            name: str,
            compute: Callable[[], Any],
            wrapper: Optional[OptimWrapper] = None) -> Any:
        """Replay a pass, which is captured the first time.

        Args:
            name (str): Name of the pass.
            compute (Callable): Computes it on the tensors of :meth:`stage`,
                backward pass included.
            wrapper (OptimWrapper, optional): Whose parameters get gradients.
                Defaults to None.

        Returns:
            Any: What ``compute`` returns. The next replay overwrites it.

        Raises:
            RuntimeError: If the pass cannot be captured.
        """
        if name not in self._recordings:
            self._recordings[name] = self._capture(name, compute, wrapper)
        recording = self._recordings[name]
        recording.graph.replay()
        # The optimizer's `zero_grad` has detached them.
        for parameter, gradient in recording.gradients:
            parameter.grad = gradient
        return recording.outputs

    def _capture(self, name: str, compute: Callable[[], Any],
                 wrapper: Optional[OptimWrapper]) -> Recording:
        """Capture a pass, and the tensors of its gradients."""
        parameters = [] if wrapper is None else [
            p for group in wrapper.param_groups for p in group['params']
        ]
        # A gradient would be added to, and not written.
        for parameter in parameters:
            parameter.grad = None
        graph = self._make_graph()
        try:
            outputs = graph.capture(compute)
        except RuntimeError as error:
            raise RuntimeError(
                f'the pass {name!r} cannot be captured as a CUDA graph '
                f'({error}); set model.cuda_graphs=False, or replace the part '
                'of the model that reads values or makes tensors of a size '
                'that depends on them') from error
        return Recording(graph, outputs,
                         [(p, p.grad)
                          for p in parameters if p.grad is not None])


def check_wrapper(wrapper: OptimWrapper) -> None:
    """Raise an error if an optimizer wrapper does not work with graphs.

    Raises:
        ValueError: If it accumulates gradients, or has an own backward pass.
    """
    # An own backward pass may do what a graph would not repeat.
    known = OptimWrapper.backward, AmpOptimWrapper.backward
    if type(wrapper).backward not in known:
        raise ValueError(
            'model.cuda_graphs=True needs the backward pass of OptimWrapper '
            f'or AmpOptimWrapper, and {type(wrapper).__name__} has its own; '
            'use another wrapper, or cuda_graphs=False')
    if wrapper._accumulative_counts != 1:
        raise ValueError(
            'model.cuda_graphs=True replaces gradients instead of adding to '
            f'them, found accumulative_counts={wrapper._accumulative_counts};'
            ' set it to 1, or cuda_graphs=False')


def read_logs(log_vars: Dict[str, Tensor]) -> Dict[str, Tensor]:
    """Move scalars to the CPU, waiting for the device once."""
    values = torch.stack([v.detach().float() for v in log_vars.values()])
    return dict(zip(log_vars, values.cpu().unbind()))


def _describe(value: Any) -> Iterator[Any]:
    """List what two batches must share for one graph."""
    for tensor in _leaves(value):
        if isinstance(tensor, Tensor):
            yield tuple(tensor.shape), tensor.dtype, tensor.device
        else:
            yield tensor


def _tensors(value: Any) -> List[Tensor]:
    return [leaf for leaf in _leaves(value) if isinstance(leaf, Tensor)]


def _leaves(value: Any) -> Iterator[Any]:
    """List tensors, numbers and Nones of a batch, but not its samples."""
    if isinstance(value, dict):
        for key, child in value.items():
            if key != 'data_samples':
                yield from _leaves(child)
    elif is_dataclass(value):
        for field in fields(value):
            if field.name != 'samples':
                yield from _leaves(getattr(value, field.name))
    elif isinstance(value, tuple):
        for child in value:
            yield from _leaves(child)
    else:
        yield value


def _map_tensors(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """Copy a batch with changed tensors, and without its samples."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, dict):
        return {
            k: [] if k == 'data_samples' else _map_tensors(v, change)
            for k, v in value.items()
        }
    if is_dataclass(value) and not isinstance(value, type):
        changed = {
            f.name: _map_tensors(getattr(value, f.name), change)
            for f in fields(value) if f.name != 'samples'
        }
        return replace(value, samples=[], **changed)
    if isinstance(value, tuple):
        children = [_map_tensors(child, change) for child in value]
        return type(value)(
            *children) if hasattr(value, '_fields') else tuple(children)
    return value
