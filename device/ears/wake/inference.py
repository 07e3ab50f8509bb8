"""Networks bound to fixed memory: onnxruntime and TensorFlow Lite, one thread, no arena.

Both libraries read and write the same arrays at every run; nothing is opened and no thread is
made after construction, so a sealed process can go on. onnxruntime's arena is off because it
would keep 0.3 to 1 s of mel after the arrays themselves are overwritten.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.errors import WrongModel

Floats = NDArray[np.float32]

# before onnxruntime is imported anywhere: versions from 1.29 on report home otherwise
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")


def open_onnx(model: Path, ones: Sequence[str] = ()) -> Any:
    """An onnxruntime session on one thread. Raises WrongModel if it cannot be read.

    ones: names of free dimensions that are 1 here; what the model computes from them is then
    computed once, at load.
    """
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    for dimension in ones:
        options.add_free_dimension_override_by_name(dimension, 1)
    refusals = (state.Fail, state.InvalidProtobuf, state.InvalidGraph, state.NotImplemented)
    try:
        return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except (*refusals, state.InvalidArgument) as error:
        raise WrongModel(
            file=model.name, why="it is no ONNX model", expected="an ONNX file"
        ) from error


class OnnxGraph:
    """An ONNX model whose inputs and outputs are fixed float32 arrays, of any shape.

    arrays: memory for inputs and outputs by name, C-contiguous; the same array may serve an input
    and an output if the graph reads it before it writes it. What is not given is allocated.
    """

    def __init__(self, session: Any, arrays: Mapping[str, Floats]) -> None:
        binding = session.io_binding()
        self.run: Callable[[], None] = partial(session.run_with_iobinding, binding)
        """One inference, from the input arrays to the output arrays."""
        self.arrays: dict[str, Floats] = {}
        for ends, bind in (
            (session.get_inputs(), binding.bind_input),
            (session.get_outputs(), binding.bind_output),
        ):
            for end in ends:
                shape = tuple(d if isinstance(d, int) else 1 for d in end.shape)
                array = arrays.get(end.name)
                if array is None:
                    array = np.zeros(shape, np.float32)
                assert array.flags.c_contiguous and array.size == np.prod(shape)
                self.arrays[end.name] = array
                bind(end.name, "cpu", 0, np.float32, shape, array.ctypes.data)


class _Quantization(ctypes.Structure):
    _fields_ = (("scale", ctypes.c_float), ("zero_point", ctypes.c_int32))


class TfliteGraph:
    """A TensorFlow Lite model with one input and one output, through the C library that the
    pymicro-wakeword package carries.

    `input` and `output` are views of the library's own tensors (float32, int8 or uint8);
    `input_scale` is (scale, zero point), and so is `output_scale`. Raises WrongModel.
    """

    _TYPES = {1: np.float32, 3: np.uint8, 9: np.int8}  # noqa: RUF012 (TfLiteType, never changed)

    def __init__(self, model: Path) -> None:
        lib = self._lib = _tflite()
        self._data = model.read_bytes()
        handle = lib.TfLiteModelCreate(self._data, len(self._data))
        if not handle:
            raise WrongModel(file=model.name, why="it is no TensorFlow Lite model", expected="one")
        options = lib.TfLiteInterpreterOptionsCreate()
        lib.TfLiteInterpreterOptionsSetNumThreads(options, 1)
        self._interpreter = lib.TfLiteInterpreterCreate(handle, options)
        if not self._interpreter or lib.TfLiteInterpreterAllocateTensors(self._interpreter):
            raise WrongModel(
                file=model.name, why="it has operators that are not known", expected="known ones"
            )
        ends = (
            lib.TfLiteInterpreterGetInputTensor(self._interpreter, 0),
            lib.TfLiteInterpreterGetOutputTensor(self._interpreter, 0),
        )
        self.input, self.output = (self._view(end, model) for end in ends)
        self.input_scale, self.output_scale = (self._scale(end) for end in ends)

    def run(self) -> None:
        """One inference, from `input` to `output`."""
        self._lib.TfLiteInterpreterInvoke(self._interpreter)

    def _view(self, tensor: int, model: Path) -> NDArray[Any]:
        lib = self._lib
        shape = [lib.TfLiteTensorDim(tensor, i) for i in range(lib.TfLiteTensorNumDims(tensor))]
        kind = self._TYPES.get(lib.TfLiteTensorType(tensor))
        if kind is None:
            raise WrongModel(
                file=model.name, why="its numbers are of another type", expected="float32 or int8"
            )
        size = lib.TfLiteTensorByteSize(tensor)
        memory = (ctypes.c_char * size).from_address(lib.TfLiteTensorData(tensor))
        return np.frombuffer(memory, kind).reshape(shape)

    def _scale(self, tensor: int) -> tuple[float, int]:
        found = self._lib.TfLiteTensorQuantizationParams(tensor)
        return float(found.scale), int(found.zero_point)


def _tflite() -> ctypes.CDLL:
    """The TensorFlow Lite C library, with the types of what is called."""
    spec = importlib.util.find_spec("pymicro_wakeword")
    assert spec and spec.submodule_search_locations
    folder = Path(next(iter(spec.submodule_search_locations))) / "lib"
    lib = ctypes.CDLL(str(next(folder.glob("*tensorflowlite_c.*"))))
    pointer, number = ctypes.c_void_p, ctypes.c_int32
    signatures: dict[str, tuple[Any, tuple[Any, ...]]] = {
        "TfLiteModelCreate": (pointer, (ctypes.c_char_p, ctypes.c_size_t)),
        "TfLiteInterpreterOptionsCreate": (pointer, ()),
        "TfLiteInterpreterOptionsSetNumThreads": (None, (pointer, number)),
        "TfLiteInterpreterCreate": (pointer, (pointer, pointer)),
        "TfLiteInterpreterAllocateTensors": (number, (pointer,)),
        "TfLiteInterpreterInvoke": (number, (pointer,)),
        "TfLiteInterpreterGetInputTensor": (pointer, (pointer, number)),
        "TfLiteInterpreterGetOutputTensor": (pointer, (pointer, number)),
        "TfLiteTensorData": (pointer, (pointer,)),
        "TfLiteTensorByteSize": (ctypes.c_size_t, (pointer,)),
        "TfLiteTensorNumDims": (number, (pointer,)),
        "TfLiteTensorDim": (number, (pointer, number)),
        "TfLiteTensorType": (number, (pointer,)),
        "TfLiteTensorQuantizationParams": (_Quantization, (pointer,)),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, list(arguments)
    return lib
