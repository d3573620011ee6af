"""Measure the loader of a config, and a training with it and without."""
import copy
import itertools
from functools import partial
from typing import Any, Callable, Dict, Iterator, List, Sequence, Tuple

from mmengine.config import Config
from mmengine.dataset import DefaultSampler, pseudo_collate
from torch.utils.data import DataLoader

from ...engine.config.config_errors import explain_config_errors
from ...utils.errors import UserError
from .interleaved import Comparison, compare
from .rendered_batches import rendered_dataset
from .step_speed import build_training, prepare_measurement


def measure_loader(cfg: Config,
                   workers: Sequence[int] = (0, 2, 4),
                   steps: int = 20,
                   warmup: int = 3,
                   seed: int = 0,
                   training: bool = False) -> List[Comparison]:
    """Measure how long the loader takes for a batch, or a training with it.

    The images are rendered once and kept, as those of files are.

    Args:
        cfg (Config): A loaded config.
        workers (Sequence[int]): Numbers of workers. Defaults to (0, 2, 4).
        steps (int): Batches that count. Defaults to 20.
        warmup (int): Batches before them. Defaults to 3.
        seed (int): Defaults to 0.
        training (bool): Whether to train on each batch, and first of all on
            one batch without loading. Defaults to False.

    Returns:
        list[Comparison]: Named by the numbers of workers.
    """
    prepare_measurement(cfg)
    with explain_config_errors(cfg):
        batches = {f'{n} workers': _batches(cfg, n, seed) for n in workers}
        # Workers fetch ahead: more batches than they may hold come first.
        ahead = 2 * max(workers)
        calls: Dict[str, Callable[[int], Any]] = {}
        if training:
            # A training is slower than its workers: nothing is ahead.
            ahead = 0
            first = itertools.repeat(next(_batches(cfg, 0, seed)))
            batches = {'no loading': first, **batches}
        for name, source in batches.items():
            calls[name] = partial(_next, source)
            if training:
                calls[name] = _step(
                    build_training(copy.deepcopy(cfg), seed), source)
    return compare(calls, steps, warmup + ahead)


def _next(batches: Iterator[Any], number: int) -> Any:
    return next(batches)


def _step(training: Tuple[Any, Any],
          batches: Iterator[Any]) -> Callable[[int], None]:
    """Return a function that trains on the next batch."""
    model, optim_wrapper = training

    def step(number: int) -> None:
        model.train_step(next(batches), optim_wrapper)

    return step


def _batches(cfg: Config, workers: int, seed: int) -> Iterator[Any]:
    """Load batches without end, as the training loader of a config."""
    faces = rendered_dataset(cfg, 'train')
    faces.set_draw_state(seed, 0)
    for index in range(len(faces)):
        faces.get_data_info(index)  # renders it
    loader = DataLoader(
        faces,
        cfg.train_dataloader.batch_size,
        sampler=DefaultSampler(faces, shuffle=True, seed=seed),
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=cfg.train_dataloader.get('pin_memory', False),
        collate_fn=pseudo_collate,
        drop_last=True)
    if not len(loader):
        raise UserError(
            f'train_dataloader.batch_size={loader.batch_size}: there are '
            f'{len(faces)} rendered faces to load; give a smaller one')
    return itertools.chain.from_iterable(itertools.repeat(loader))
