import os
import os.path as osp
from collections import Counter
from typing import Any, Dict, List, Optional

import cv2
import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ...datasets.target_sampler import Target
from ...registry import HOOKS
from ...utils.model_parts import unwrap_model
from ...utils.wrapped_datasets import walk_datasets
from ...visualization import draw_expression_grid
from ..run_history import count_trained


@HOOKS.register_module()
class SynthesisGridHook(Hook):
    """Generate every expression of a few test images after validation.

    The grid goes to ``<work_dir>/synthesis/epoch_<k>.png``, or
    ``iter_<k>.png`` in a loop of iterations, and to all visualization
    backends. Its upper rows have the source and the generated
    images, its lower rows the real images of the same subject. Of several
    joined datasets, the first gives the images.

    Args:
        interval (int): In epochs, or in validations in a loop of iterations;
            the last one always has a grid. Defaults to 5.
        num_sources (int): Number of source images, of different subjects as
            far as possible. Defaults to 6.
        cell (int): Size of a picture in pixels. Defaults to 96.
    """

    def __init__(self,
                 interval: int = 5,
                 num_sources: int = 6,
                 cell: int = 96) -> None:
        self.interval = interval
        self.num_sources = num_sources
        self.cell = cell

    @master_only
    def after_val_epoch(self,
                        runner: Runner,
                        metrics: Optional[Dict[str, float]] = None) -> None:
        """Write the grid of this epoch."""
        unit, number, name = count_trained(runner)
        count, end = number, runner.max_epochs
        if unit == 'iter':
            count, end = number // runner.val_interval, runner.max_iters
        if count % self.interval and number != end:
            return
        self._write(runner, runner.val_dataloader.dataset, name, number)

    @master_only
    def after_test_epoch(self,
                         runner: Runner,
                         metrics: Optional[Dict[str, float]] = None) -> None:
        """Write the grid of the tested checkpoint."""
        self._write(runner, runner.test_dataloader.dataset, 'test', 0)

    def _write(self, runner: Runner, dataset: Any, name: str,
               step: int) -> None:
        model = unwrap_model(runner.model)
        network = getattr(model, 'network', None)
        if getattr(network, 'generator', None) is None:
            return
        known = (
            d for d in walk_datasets(dataset) if hasattr(d, 'get_subjects'))
        grid = self.make_grid(model, next(known, dataset))
        folder = osp.join(runner.work_dir, 'synthesis')
        os.makedirs(folder, exist_ok=True)
        cv2.imwrite(osp.join(folder, f'{name}.png'), grid)
        runner.visualizer.add_image(
            'synthesis', np.ascontiguousarray(grid[..., ::-1]), step=step)

    @torch.no_grad()
    def make_grid(self, model: torch.nn.Module, dataset: Any) -> np.ndarray:
        """Generate images and arrange them in a grid.

        Args:
            model (nn.Module): :class:`~mmfermtl.models.FERMTL`.
            dataset (Dataset): Samples with ``inputs`` ``(C, H, W)`` uint8,
                ``subject`` and ``gt_label``.

        Returns:
            np.ndarray: ``(H, W, 3)`` uint8, BGR.
        """
        labels, subjects = dataset.get_gt_labels(), dataset.get_subjects()
        # Of equal keys the last one counts, which is closest to the peak.
        images = {
            key: index
            for index, key in enumerate(zip(subjects, labels.tolist()))
        }
        sources = self._choose(images)
        items = [dataset[i] for i in sources]
        batch = model.data_preprocessor(pseudo_collate(items), False)
        model.eval()
        samples = model.predict(**batch, synthesis='all')
        classes = dataset.metainfo['classes']
        ground_truth = [[
            _picture(_paired_input(dataset, i, k, images[subjects[i], k])) if
            (subjects[i], k) in images else None for k in range(len(classes))
        ] for i in sources]
        return draw_expression_grid(
            [_picture(item['inputs'])
             for item in items], [[_picture(img) for img in s.fake_imgs]
                                  for s in samples], ground_truth, classes,
            [int(labels[i]) for i in sources], self.cell)

    def _choose(self, images: Dict[tuple, int]) -> List[int]:
        """Choose an image of each subject with many expressions, varied."""
        count = Counter(subject for subject, _ in images)
        chosen = sorted(count, key=lambda s: (-count[s], s))[:self.num_sources]
        picks = []
        for k, subject in enumerate(chosen):
            own = sorted(label for s, label in images if s == subject)
            picks.append(images[subject, own[k % len(own)]])
        return picks


def _paired_input(dataset: Any, source: int, label: int,
                  index: int) -> torch.Tensor:
    """Return the ground truth of a target, ``(C, H, W)`` uint8.

    Args:
        dataset (Dataset): As for :meth:`SynthesisGridHook.make_grid`.
        source (int): Position of the source.
        label (int): The target.
        index (int): Position of an image of the subject that shows it.
    """
    if source == index or not hasattr(dataset, 'paired_image'):
        return dataset[index]['inputs']
    pair = dataset.paired_image(source, Target(label, index), None)
    record = dict(dataset.get_data_info(source))
    for key in ('img_path', 'img', 'video'):
        record.pop(key, None)
        if key in pair:
            record[key] = pair[key]
    return dataset.run_pipeline(record, source)['inputs']


def _picture(img: torch.Tensor) -> np.ndarray:
    """Convert a ``(C, H, W)`` uint8 tensor to ``(H, W, C)``."""
    return img.permute(1, 2, 0).cpu().numpy()
