from typing import Dict, List, Optional, Tuple

import numpy as np

from ...expressions import EXPRESSIONS
from ...registry import DATASETS
from ...utils.deprecation import renamed_arguments
from ..expression_dataset import ExpressionDataset
from ..subjects.subject_folds import TRAIN_SPLITS
from ..target_sampler import Target
from .face_renderer import render_face
from .face_scenes import DIFFICULTIES, sample_scene
from .face_targets import change_expression


@DATASETS.register_module()
class SyntheticFaces(ExpressionDataset):
    """Procedurally rendered faces: no file, no licence, any number.

    Every subject shows every expression in a sequence that runs from neutral
    to the peak, as in CK+. The last ``peak_frames`` frames have the label of
    the expression; the first one is neutral and is used if ``classes`` has
    that name. The same seed gives the same images, to the bit.

    In the wild, the paired target image is the source itself with the
    expressions of the target, mixtures too, but for those of
    ``train_without``.

    The images enter the pipeline as ``img``, uint8 ``(H, W)`` or ``(H, W,
    3)`` BGR. They are rendered when first asked for and kept.

    Args:
        num_subjects (int): Defaults to 40.
        num_frames (int): Length of a sequence. Defaults to 8.
        peak_frames (int): Number of labelled frames. Defaults to 3.
        image_size (int): Side ``H = W`` in pixels. Defaults to 48.
        channels (int): 1 (grey) or 3 (BGR). Defaults to 1.
        render_seed (int): Chooses the subjects; independent of the seed of a
            run. Defaults to 0.
        difficulty (str): ``'studio'``: frontal faces in good light, strong
            expressions, nothing before them. ``'wild'``: the same subjects
            with varied poses and light, weaker and mixed expressions,
            occluders and a poor camera, see
            :func:`~mmfermtl.datasets.rendered.face_scenes.sample_scene`.
            Defaults to ``'studio'``.
        **kwargs: See :class:`~mmfermtl.datasets.ExpressionDataset`;
            ``data_root`` has no meaning here.

    Raises:
        ValueError: If a number is too small, or the difficulty unknown.

    Examples:
        >>> from mmfermtl.datasets import SyntheticFaces
        >>> dataset = SyntheticFaces(num_subjects=20, split='test', fold=0)
        >>> len(dataset)  # 2 subjects x 7 expressions x 3 frames
        42
    """

    @renamed_arguments(paint_seed='render_seed')
    def __init__(self,
                 num_subjects: int = 40,
                 num_frames: int = 8,
                 peak_frames: int = 3,
                 image_size: int = 48,
                 channels: int = 1,
                 render_seed: int = 0,
                 difficulty: str = 'studio',
                 **kwargs) -> None:
        if not 1 <= peak_frames < num_frames or num_subjects < 1:
            raise ValueError(f'num_subjects={num_subjects}, num_frames='
                             f'{num_frames}, peak_frames={peak_frames}: need '
                             'at least one subject, and fewer peak frames '
                             'than frames')
        if difficulty not in DIFFICULTIES:
            raise ValueError(f'difficulty={difficulty!r}; give one of '
                             f'{", ".join(DIFFICULTIES)}')
        self.num_subjects = num_subjects
        self.num_frames = num_frames
        self.peak_frames = peak_frames
        self.image_size = image_size
        self.channels = channels
        self.render_seed = render_seed
        self.difficulty = difficulty
        #: Of subject, sequence, frame and target, None for the image itself.
        self._rendered: Dict[Tuple[str, str, int, Optional[int]],
                             np.ndarray] = {}
        super().__init__(**kwargs)
        # Subjects of another seed have the same names and other faces.
        if render_seed and not self.subject_namespace:
            self.subject_namespace = f'SyntheticFaces-{render_seed}'

    def load_samples(self) -> List[dict]:
        """List all neutral and peak frames without rendering any."""
        width = max(3, len(str(self.num_subjects - 1)))
        first_peak = self.num_frames - self.peak_frames
        return [
            dict(
                expression=expression if frame else 'neutral',
                subject=f'F{number:0{width}d}',
                sequence=f'{code:03d}',
                frame_index=frame,
                num_frames=self.num_frames,
                role='peak' if frame else 'neutral')
            for number in range(self.num_subjects)
            for code, expression in enumerate(EXPRESSIONS[1:], 1)
            for frame in (0, *range(first_peak, self.num_frames))
        ]

    def content_key(self, idx: int) -> str:
        """Describe what an image is rendered from; equal keys, equal images.
        """
        record = self.get_record(idx)
        # Keys of the studio are as they were before there was another.
        kind = '' if self.difficulty == 'studio' else f' {self.difficulty}'
        return (f'{self.render_seed}/{record["subject"]}/{record["sequence"]}/'
                f'{record["frame_index"]} of {self.num_frames} at '
                f'{self.image_size} x {self.channels}{kind}')

    def get_data_info(self, idx: int) -> dict:
        """Return the record of a sample with its image as ``img``."""
        sample = super().get_data_info(idx)
        sample['img'] = self._image(sample, None)
        return sample

    def paired_image(self, idx: int, target: Target,
                     score: Optional[np.ndarray]) -> dict:
        """Return the source with another expression, in the wild.

        There, other images of the subject differ in pose, occluder and focus,
        and nothing in the source tells how.
        """
        if self.difficulty == 'studio' or target.index == idx:
            return super().paired_image(idx, target, score)
        shown = [target.label] if score is None else np.flatnonzero(score)
        if self.split in TRAIN_SPLITS and any(
                self.CLASSES[k] in self.train_without for k in shown):
            return {}
        if score is None:
            return dict(img=self._image(self.get_record(idx), target.label))
        shares = dict(zip(self.CLASSES, score.tolist()))
        return dict(img=self._render(self.get_record(idx), shares))

    def _image(self, record: dict, target: Optional[int]) -> np.ndarray:
        """Return the image of a record, or with a target expression."""
        key = (record['subject'], record['sequence'], record['frame_index'],
               target)
        if key not in self._rendered:
            shares = None if target is None else {self.CLASSES[target]: 1.}
            self._rendered[key] = self._render(record, shares)
        return self._rendered[key].copy()

    def _render(self, record: dict,
                shares: Optional[Dict[str, float]]) -> np.ndarray:
        """Render an image, ``(H, W)`` or ``(H, W, 3)`` uint8."""
        scene = sample_scene(
            self.difficulty,
            [self.render_seed, int(record['subject'][1:])],
            int(record['sequence']), record['frame_index'], self.num_frames)
        if shares is not None:
            scene = change_expression(scene, self.CLASSES[record['gt_label']],
                                      shares)
        return render_face(
            scene.identity,
            scene.expression,
            scene.view,
            self.image_size,
            self.channels,
            conditions=scene.conditions)
