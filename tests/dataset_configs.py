"""Config files of datasets only, for the tools that train nothing."""
from typing import Any, Dict, Optional

from mmfermtl.apis import load_config


def write_config(path: Any,
                 train: Dict[str, Any],
                 test: Optional[Dict[str, Any]] = None) -> str:
    """Write a config with a training and a validation dataset.

    Args:
        path (Path): The file.
        train (dict): Dataset of the training loader.
        test (dict, optional): Dataset of the validation loader; None leaves
            the loader out.

    Returns:
        str: The path.
    """
    text = f'train_dataloader = dict(dataset={train!r})\n'
    if test is not None:
        text += (f'val_dataloader = dict(dataset={test!r})\n'
                 'test_dataloader = val_dataloader\n')
    path.write_text(text)
    return str(path)


def make_config(path: Any, train: dict, test: Optional[dict] = None) -> Any:
    """Write a config as above, and load it."""
    return load_config(write_config(path, train, test))


def sides(**options: Any) -> tuple:
    """Configs of the training and the test side of a CK+48 tree."""
    options = dict(dict(type='mmfermtl.CKPlus48', fold=0), **options)
    return dict(options, split='train'), dict(options, split='test')
