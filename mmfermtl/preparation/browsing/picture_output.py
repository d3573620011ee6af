"""Where pictures go: into files or onto the screen."""
import os.path as osp

import cv2
import numpy as np

from ...utils.errors import UserError
from ...utils.output_files import report_write_errors


def save_picture(folder: str, name: str, picture: np.ndarray) -> str:
    """Write a picture as a PNG file.

    Args:
        folder (str): An existing folder.
        name (str): Name without suffix.
        picture (np.ndarray): ``(H, W, 3)`` BGR uint8.

    Returns:
        str: The path.

    Raises:
        UserError: If the file cannot be written.
    """
    path = osp.join(folder, f'{name}.png')
    content = cv2.imencode('.png', picture)[1].tobytes()
    with report_write_errors('--out', path), open(path, 'wb') as file:
        file.write(content)
    return path


def show_picture(name: str, picture: np.ndarray) -> None:
    """Show a picture in a window, until it is closed.

    Args:
        name (str): Title of the window.
        picture (np.ndarray): ``(H, W, 3)`` BGR uint8.

    Raises:
        UserError: If there is no screen.
    """
    # Imported here, for it looks for a screen.
    import matplotlib.pyplot as plt
    figure = plt.figure(
        name, figsize=(picture.shape[1] / 100, picture.shape[0] / 100))
    if plt.get_backend().lower() == 'agg':
        plt.close(figure)
        raise UserError('--show: there is no screen to show a window on; '
                        'give --out FOLDER instead')
    figure.figimage(picture[..., ::-1])
    plt.show()
    plt.close(figure)
