"""Compare a generated image with the ground truth."""
from typing import Dict, Tuple

import numpy as np
from skimage.metrics import peak_signal_noise_ratio, structural_similarity


def paired_image_scores(fake: np.ndarray,
                        real: np.ndarray) -> Dict[str, float]:
    """Score one pair of images.

    SSIM and PSNR are scikit-image's; its SSIM follows Wang et al. (2004) with
    a Gaussian window of sigma 1.5.

    Args:
        fake (np.ndarray): ``(C, H, W)`` uint8, at least 11 pixels wide.
        real (np.ndarray): ``(C, H, W)`` uint8.

    Returns:
        dict[str, float]: ``L1`` on [0, 1], ``SSIM`` up to 1, ``PSNR`` in dB,
        at most 100 (equal images).

    Raises:
        ValueError: If the shapes differ.
    """
    ssim, _ = similarity_map(fake, real)
    error = np.abs(fake.astype(np.float64) - real) / 255
    # Infinite for equal images, which would spoil every mean.
    psnr = 100. if not error.any() else peak_signal_noise_ratio(
        real, fake, data_range=255)
    return dict(L1=float(error.mean()), SSIM=ssim, PSNR=float(min(psnr, 100.)))


def similarity_map(fake: np.ndarray,
                   real: np.ndarray) -> Tuple[float, np.ndarray]:
    """Compute the SSIM of a pair of images, and its map.

    Args:
        fake (np.ndarray): ``(C, H, W)`` uint8, at least 11 pixels wide.
        real (np.ndarray): ``(C, H, W)`` uint8.

    Returns:
        tuple[float, np.ndarray]: The mean over all whole windows, and the
        map ``(C, H, W)``.

    Raises:
        ValueError: If the shapes differ.
    """
    # A grey and a colour image would be compared silently by broadcasting.
    if fake.shape != real.shape:
        raise ValueError(f'images of shapes {fake.shape} and {real.shape} '
                         'cannot be compared')
    mean, values = structural_similarity(
        real,
        fake,
        data_range=255,
        channel_axis=0,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        full=True)
    return float(mean), values
