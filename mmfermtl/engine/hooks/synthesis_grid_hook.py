import os
import os.path as osp
from typing import Any, Dict, List, Optional

import cv2
import numpy as np
import torch
from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner

from ...registry import HOOKS
from ...visualization import draw_expression_grid
from ..wrapped_datasets import walk_datasets


@HOOKS.register_module()
class SynthesisGridHook(Hook):
    """Paint every expression of a few test faces after validation.

    The grid goes to ``<work_dir>/synthesis/epoch_<k>.png`` and to all
    visualization backends. Above stand the source and the painted faces,
    below the real images of the same subject. Of several joined datasets,
    the faces are those of the first.

    Args:
        interval (int): In epochs of validation; the last one is always
            drawn. Defaults to 5.
        num_sources (int): Number of faces, of different subjects as far as
            there are. Defaults to 6.
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
        """Draw the grid of this epoch."""
        epoch = runner.epoch
        if epoch % self.interval and epoch != runner.max_epochs:
            return
        self._draw(runner, runner.val_dataloader.dataset, f'epoch_{epoch:03d}',
                   epoch)

    @master_only
    def after_test_epoch(self,
                         runner: Runner,
                         metrics: Optional[Dict[str, float]] = None) -> None:
        """Draw the grid of the tested checkpoint."""
        self._draw(runner, runner.test_dataloader.dataset, 'test', 0)

    def _draw(self, runner: Runner, dataset: Any, name: str,
              step: int) -> None:
        model = runner.model
        if is_model_wrapper(model):
            model = model.module
        network = getattr(model, 'network', None)
        if getattr(network, 'generator', None) is None:
            return
        faces = (
            d for d in walk_datasets(dataset) if hasattr(d, 'get_subjects'))
        grid = self.make_grid(model, next(faces, dataset))
        folder = osp.join(runner.work_dir, 'synthesis')
        os.makedirs(folder, exist_ok=True)
        cv2.imwrite(osp.join(folder, f'{name}.png'), grid)
        runner.visualizer.add_image(
            'synthesis', np.ascontiguousarray(grid[..., ::-1]), step=step)

    @torch.no_grad()
    def make_grid(self, model: torch.nn.Module, dataset: Any) -> np.ndarray:
        """Paint and draw.

        Args:
            model (nn.Module): :class:`~mmfermtl.models.FERMTL`.
            dataset (Dataset): Samples with ``subject`` and ``gt_label``.

        Returns:
            np.ndarray: ``(H, W, 3)`` uint8, BGR.
        """
        labels, subjects = dataset.get_gt_labels(), dataset.get_subjects()
        images: Dict[tuple, int] = {}
        for index, key in enumerate(zip(subjects, labels.tolist())):
            images[key] = index  # the last one is nearest to the peak
        sources = self._choose(subjects, labels.tolist(), images)
        items = [dataset[i] for i in sources]
        batch = dict(
            inputs=[item['inputs'] for item in items],
            data_samples=[item['data_samples'] for item in items])
        batch = model.data_preprocessor(batch, False)
        model.eval()
        samples = model.predict(**batch, synthesis='all')
        classes = dataset.metainfo['classes']
        truths = [[
            _picture(dataset[images[subjects[i], k]]['inputs']) if
            (subjects[i], k) in images else None for k in range(len(classes))
        ] for i in sources]
        return draw_expression_grid(
            [_picture(item['inputs']) for item in items],
            [[_picture(img) for img in s.fake_imgs] for s in samples], truths,
            classes, [int(labels[i]) for i in sources], self.cell)

    def _choose(self, subjects: List[str], labels: List[int],
                images: Dict[tuple, int]) -> List[int]:
        """One face each of the subjects with most expressions, varied."""
        count: Dict[str, int] = {}
        for subject, _ in images:
            count[subject] = count.get(subject, 0) + 1
        chosen = sorted(count, key=lambda s: (-count[s], s))[:self.num_sources]
        picks = []
        for k, subject in enumerate(chosen):
            own = sorted(label for s, label in images if s == subject)
            picks.append(images[subject, own[k % len(own)]])
        return picks


def _picture(img: torch.Tensor) -> np.ndarray:
    """``(C, H, W)`` uint8 tensor to ``(H, W, C)``."""
    return img.permute(1, 2, 0).cpu().numpy()
