"""Export published weights once for the private page."""
import os.path as osp


def export_weights(name: str) -> str:
    """Export published weights, unless that was done before.

    The folder is named by their checksum, so that other weights of the same
    name are exported anew.

    Args:
        name (str): Their name, or the path of the file.

    Returns:
        str: The folder, in ``~/.cache/mmfermtl``.

    Raises:
        UserError: If there are no such weights.
        ImportError: If what exports them is missing.
        OSError: If the folder cannot be written.
    """
    from ..inference.model_folder import read_model_folder
    from ..stack import missing_modules
    from ..utils.contained_files import file_sha256
    from ..utils.errors import UserError
    from ..utils.user_files import user_file
    if missing_modules():
        _check_packages(name)
    from ..utils.safe_loading.published_checkpoint import require_published
    path = require_published(name)
    sha256 = file_sha256(path)
    if sha256 is None:
        raise UserError(f'{path}: no such file; give the folder of `mmfermtl '
                        'export`, or published weights')
    stem = osp.splitext(osp.basename(path))[0]
    folder = user_file('exports', f'{stem}-{sha256[:16]}')
    try:
        read_model_folder(folder)
        return folder
    except UserError:
        pass
    _check_packages(name)
    print(f'Exporting {name} for the browser, this once ...', flush=True)
    from ..export.export_source import source_of_weights
    from ..export.onnx_export import export_onnx
    export_onnx(source_of_weights(path), folder, overwrite=True)
    return folder


def _check_packages(name: str) -> None:
    """Require what exports weights, or name the way without."""
    from ..stack import check_export_packages
    try:
        check_export_packages()
    except ImportError as error:
        raise ImportError(
            f'the page needs {name} as an exported model, and {error}. Or '
            'give --model the folder that `mmfermtl export` wrote elsewhere'
        ) from None
