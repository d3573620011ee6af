"""What an ONNX file asks for is seen without running it."""
import os.path as osp
import random

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from mmfermtl.inference.model_folder import check_contents
from mmfermtl.inference.onnx_contents import find_refused
from mmfermtl.utils.errors import UserError


def value(name):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1])


def make(nodes=None, initializers=(), **kwargs):
    nodes = nodes or [helper.make_node('Relu', ['x'], ['y'])]
    graph = helper.make_graph(nodes, 'g', [value('x')], [value('y')],
                              list(initializers))
    return helper.make_model(graph, **kwargs)


def external(location='/etc/passwd'):
    tensor = numpy_helper.from_array(np.zeros(1, np.float32), 'w')
    tensor.ClearField('raw_data')
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = 'location', location
    return tensor


def custom(domain='com.example'):
    return helper.make_node('Run', ['x'], ['y'], domain=domain)


def branch():
    inner = helper.make_graph([custom()], 'inner', [], [value('y')])
    return helper.make_node(
        'If', ['x'], ['y'], then_branch=inner, else_branch=inner)


def with_function():
    function = helper.make_function('own', 'F', ['a'], ['b'],
                                    [helper.make_node('Relu', ['a'], ['b'])],
                                    [helper.make_opsetid('', 20)])
    return make([helper.make_node('F', ['x'], ['y'], domain='own')],
                functions=[function])


def with_training():
    model = make()
    model.training_info.add()
    return model


def constant():
    node = helper.make_node('Constant', [], ['y'], value=external())
    return make([node])


REFUSED = [
    (make([custom()]), 'the operator com.example.Run'),
    (make([custom('com.microsoft')]), 'the operator com.microsoft.Run'),
    (make(initializers=[external()]), 'weights in another file'),
    (constant(), 'weights in another file'),
    (make([branch()]), 'a branch or a loop'),
    (with_function(), 'functions of its own'),
    (with_training(), 'instructions for training'),
]


@pytest.mark.parametrize('model, words', REFUSED)
def test_what_is_refused(model, words):
    content = model.SerializeToString()
    assert words in find_refused(content)
    with pytest.raises(UserError, match=f'a.onnx: has .*{words}'):
        check_contents(content, 'a.onnx')


def test_what_is_not():
    weights = numpy_helper.from_array(np.zeros(9, np.float32), 'w')
    nodes = [
        helper.make_node('Add', ['x', 'w'], ['z']),
        helper.make_node('Relu', ['z'], ['y'], domain='ai.onnx')
    ]
    assert not find_refused(make(nodes, [weights]).SerializeToString())
    # An import of operators that no node uses, as quantizing leaves it.
    model = make(opset_imports=[helper.make_opsetid('com.microsoft', 1)])
    assert not find_refused(model.SerializeToString())


@pytest.mark.parametrize(
    'content', [b'\x0a', b'\x0a\xff', b'\x3b', b'\xff' * 20, b'\x38\x01'],
    ids=['no length', 'cut off', 'group', 'long number', 'number as graph'])
def test_no_protocol_buffers(content):
    with pytest.raises(UserError, match='a.onnx: no ONNX file'):
        check_contents(content, 'a.onnx')


def test_damaged_files_end_in_a_message(exported):
    with open(osp.join(exported, 'recogniser.onnx'), 'rb') as file:
        content = file.read()
    assert not find_refused(content)
    assert onnx.load_model_from_string(content).ir_version >= 8
    draws = random.Random(0)
    for _ in range(200):
        damaged = bytearray(content[:draws.randrange(len(content))])
        for _ in range(3):
            if damaged:
                damaged[draws.randrange(len(damaged))] = draws.randrange(256)
        try:
            find_refused(bytes(damaged))
        except ValueError:
            pass
