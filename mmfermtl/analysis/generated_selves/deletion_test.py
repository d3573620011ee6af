"""Delete the regions that another expression would change, and read again."""
from typing import Any, Dict

import cv2
import numpy as np

from ...inference.backend import Backend
from ..cross_validation.intervals import (percentile_interval,
                                          resample_clusters, sum_by_cluster)
from .self_images import GeneratedSelves, read_faces

#: The map that is tested; the others are controls.
CHANGE = 'change to the next class'
#: Shares of the face that are deleted.
SHARES = (0.05, 0.1, 0.2)
#: Deviation of the blur that deletes, that of maps and that of random ones, as
#: shares of the side: 6, 1.5 and 3 of 48 px.
_DELETE, _SMOOTH, _BLOBS = 6 / 48, 1.5 / 48, 3 / 48


def saliency_maps(found: GeneratedSelves) -> Dict[str, np.ndarray]:
    """Make a map of each face that ranks its pixels.

    Returns:
        dict[str, np.ndarray]: ``(N, H, W)`` float32. The difference of the
        faces generated with the prediction and with the next most probable
        class; the mean of these maps; that of another face; random blobs;
        and the detail of the image itself (its Laplacian).
    """
    rows = np.arange(len(found.labels))
    own = found.selves[rows, found.predictions].astype(np.float32)
    other = found.selves[rows, found.next_classes].astype(np.float32)
    change = _blur(np.abs(other - own), _SMOOTH)
    rng = np.random.default_rng(0)
    # No face gets its own map.
    shift = int(rng.integers(1, len(rows)))
    noise = rng.random(change.shape, np.float32)
    detail = np.stack(
        [np.abs(cv2.Laplacian(face, cv2.CV_32F)) for face in found.images])
    return {
        CHANGE: change,
        'mean of these maps': np.broadcast_to(change.mean(0), change.shape),
        'map of another face': np.roll(change, shift, axis=0),
        'detail of the image': _blur(detail, _SMOOTH),
        'random blobs': _blur(noise, _BLOBS),
    }


def delete(images: np.ndarray, saliency: np.ndarray,
           share: float) -> np.ndarray:
    """Blur the pixels of the highest saliency away.

    Args:
        images (np.ndarray): ``(N, H, W)`` uint8.
        saliency (np.ndarray): ``(N, H, W)``.
        share (float): Of the pixels of each image.

    Returns:
        np.ndarray: ``(N, H, W)`` uint8.
    """
    count = round(share * images[0].size)
    order = np.argsort(-saliency.reshape(len(images), -1), 1, kind='stable')
    chosen = np.zeros(order.shape, bool)
    np.put_along_axis(chosen, order[:, :count], True, 1)
    blurred = _blur(images.astype(np.float32), _DELETE)
    return np.where(chosen.reshape(images.shape), np.rint(blurred),
                    images).astype(np.uint8)


def deletion_drops(backend: Backend, found: GeneratedSelves,
                   maps: Dict[str, np.ndarray],
                   share: float) -> Dict[str, np.ndarray]:
    """Measure by how much the probability of the prediction falls.

    Args:
        backend (Backend): The network.
        found (GeneratedSelves): Faces.
        maps (dict[str, np.ndarray]): Of :func:`saliency_maps`.
        share (float): Of the pixels that are deleted.

    Returns:
        dict[str, np.ndarray]: Of each map, ``(N, )``, in [-1, 1].
    """
    rows, own = np.arange(len(found.labels)), found.predictions
    before = found.probabilities[rows, own]
    drops = {}
    for name, saliency in maps.items():
        images = delete(found.images, saliency, share)
        after = read_faces(backend, images, found.known, found.temperature)
        drops[name] = before - after[rows, own]
    return drops


def score_deletion(backend: Backend, found: GeneratedSelves,
                   maps: Dict[str, np.ndarray],
                   share: float) -> Dict[str, Dict[str, Any]]:
    """Average :func:`deletion_drops`, in points of probability.

    Returns:
        dict[str, dict]: For each map ``drop``, its ``interval`` of 95 % over
        subjects drawn with replacement, and likewise ``below_change`` and
        ``below_change_interval``, how much less it is than that of the change
        to the next class.
    """
    drops = deletion_drops(backend, found, maps, share)
    names = list(drops)
    # With the number of images.
    values = np.stack([*drops.values(), np.ones(len(found.labels))], 1)
    totals = resample_clusters(sum_by_cluster(found.subjects, values))
    means = 100 * totals[:, :-1] / totals[:, -1:]
    below = means[:, [names.index(CHANGE)]] - means
    mean = {name: 100 * float(drop.mean()) for name, drop in drops.items()}
    return {
        name:
        dict(
            drop=mean[name],
            interval=list(percentile_interval(means[:, k])),
            below_change=mean[CHANGE] - mean[name],
            below_change_interval=list(percentile_interval(below[:, k])))
        for k, name in enumerate(names)
    }


def _blur(images: np.ndarray, share: float) -> np.ndarray:
    """Blur ``(N, H, W)`` float32 by a share of the side."""
    sigma = share * images.shape[-1]
    return np.stack([cv2.GaussianBlur(one, (0, 0), sigma) for one in images])
