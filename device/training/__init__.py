"""At fetch and teach time only: graphs rebuilt, detectors taught. The only room with onnx."""
