"""Generate every expression of faces, and read the results."""
from typing import List, NamedTuple

import numpy as np
from mmengine.dataset import BaseDataset

from ...expressions import match_classes
from ...inference.backend import Backend
from ...utils.errors import UserError


class GeneratedSelves(NamedTuple):
    """Faces, and what a network generates of them and reads in both."""

    #: ``(N, H, W)`` uint8.
    images: np.ndarray
    #: Generated with each expression, ``(N, E, H, W)`` uint8.
    selves: np.ndarray
    #: Of the images, ``(N, E)``; classes that the set lacks have 0.
    probabilities: np.ndarray
    #: Of the generated faces, ``(N, E, E)``, likewise.
    self_probabilities: np.ndarray
    #: Ground truth ``(N, )``.
    labels: np.ndarray
    #: Subject of each image, or the image itself where none is known.
    subjects: List[str]
    #: Which classes the set has, ``(E, )`` bool.
    known: np.ndarray
    temperature: float

    @property
    def predictions(self) -> np.ndarray:
        """np.ndarray: Most probable classes, ``(N, )``."""
        return self.probabilities.argmax(1)

    @property
    def next_classes(self) -> np.ndarray:
        """np.ndarray: The next most probable classes, ``(N, )``."""
        return np.argsort(-self.probabilities, axis=1, kind='stable')[:, 1]


def generate_selves(backend: Backend,
                    dataset: BaseDataset,
                    temperature: float = 1.,
                    batch_size: int = 32) -> GeneratedSelves:
    """Generate every expression of the faces of a dataset.

    Args:
        backend (Backend): A network that recognises and generates.
        dataset (BaseDataset): Its faces, of the size of the network; classes
            are matched by name, and images of others are left out.
        temperature (float): Of the calibration. Defaults to 1.
        batch_size (int): Faces at once. Defaults to 32.

    Raises:
        UserError: If the network has no generator, or there are fewer than
            two images of its classes.
    """
    if not backend.can_edit:
        raise UserError(f'{backend.name} has no generator; give a model that '
                        'edits')
    pairs = match_classes(backend.classes, dataset.metainfo['classes']).pairs
    own = {old: new for new, old in pairs}
    records = [dataset.get_data_info(k) for k in range(len(dataset))]
    kept = [k for k, one in enumerate(records) if one['gt_label'] in own]
    if len(kept) < 2:
        raise UserError(f'{type(dataset).__name__} has {len(kept)} images of '
                        f'{", ".join(backend.classes)}; give another set')
    images = np.stack([_face(dataset[k]['inputs']) for k in kept])
    known = np.isin(np.arange(len(backend.classes)), list(own.values()))
    selves = []
    for start in range(0, len(images), batch_size):
        features = backend.encode(images[start:start + batch_size])
        count = len(images[start:start + batch_size])
        selves.append(
            np.stack([
                backend.decode(features, np.repeat(target[None], count,
                                                   0)).faces
                for target in np.eye(len(known), dtype=np.float32)
            ], 1))
    faces = np.concatenate(selves)
    read = read_faces(backend, faces.reshape(-1, *images.shape[1:]), known,
                      temperature, batch_size)
    names = [records[k].get('subject') for k in kept]
    return GeneratedSelves(
        images, faces,
        read_faces(backend, images, known, temperature, batch_size),
        read.reshape(len(images), len(known), -1),
        np.array([own[records[k]['gt_label']] for k in kept], np.int64), [
            f'image {k}' if name is None else str(name)
            for k, name in zip(kept, names)
        ], known, temperature)


def read_faces(backend: Backend,
               faces: np.ndarray,
               known: np.ndarray,
               temperature: float,
               batch_size: int = 32) -> np.ndarray:
    """Classify faces ``(N, H, W)`` uint8 among some classes.

    Args:
        known (np.ndarray): Those classes, ``(E, )`` bool.
        temperature (float): Of the calibration.

    Returns:
        np.ndarray: Probabilities ``(N, E)`` float64, 0 for the others.
    """
    logits = np.concatenate([
        backend.predict(faces[start:start + batch_size])
        for start in range(0, len(faces), batch_size)
    ])
    scaled = np.where(known, logits.astype(np.float64) / temperature, -np.inf)
    powers = np.exp(scaled - scaled.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def _face(inputs: np.ndarray) -> np.ndarray:
    """Turn inputs ``(C, H, W)`` uint8 into a grey face ``(H, W)``."""
    return np.rint(np.asarray(inputs, np.float32).mean(0)).astype(np.uint8)
