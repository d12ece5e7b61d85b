"""Running networks: devices, sessions, weights. The only home of ONNX Runtime."""
