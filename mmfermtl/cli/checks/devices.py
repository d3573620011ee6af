"""What the networks can run on."""
import sys
from typing import List

from ...utils.environment import available_cores, bf16_units, cpu_model
from .check import NOTE, OK, Check

GROUP = 'devices'


def check_devices() -> List[Check]:
    """Describe processor and GPUs, as the packages that load see them.

    To be called after the packages were imported: those that are missing or
    do not load are left out.
    """
    units = bf16_units()
    known = 'not known here' if units is None else ', '.join(units) or 'none'
    checks = [
        Check(GROUP, 'processor', OK,
              f'{cpu_model()}, {available_cores()} cores'),
        Check(GROUP, 'bfloat16 units', OK if units else NOTE, known)
    ]
    torch = sys.modules.get('torch')
    if torch is not None and hasattr(torch, 'cuda'):
        checks += _list_gpus(torch)
    runtime = sys.modules.get('onnxruntime')
    if runtime is not None and hasattr(runtime, 'get_available_providers'):
        checks.append(
            Check(GROUP, 'ONNX Runtime', OK,
                  ', '.join(runtime.get_available_providers())))
    return checks


def _list_gpus(torch) -> List[Check]:
    try:
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        found = [torch.cuda.get_device_properties(k) for k in range(count)]
    # Whatever a driver that does not fit makes PyTorch raise.
    except Exception as error:
        return [
            Check(GROUP, 'CUDA', NOTE,
                  f'does not work: {str(error).splitlines()[0]}')
        ]
    if not found:
        return [Check(GROUP, 'CUDA', NOTE, 'no GPU, networks run on the CPU')]
    return [
        Check(GROUP, f'cuda:{number}', OK,
              f'{gpu.name}, {gpu.total_memory / 2**30:.0f} GiB')
        for number, gpu in enumerate(found)
    ]
