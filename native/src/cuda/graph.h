// A step that was captured once, to be launched as one.
#pragma once

#include <cuda_runtime_api.h>

#include <memory>

#include "cuda/launch.h"

namespace pacnet::cuda {

/// Memory for what LibTorch's operations need within a captured step: a pool of its caching allocator that nobody else gets
/// memory from for as long as a graph uses it.
class CapturePool {
 public:
  virtual ~CapturePool() = default;
  /// What is allocated on that stream comes from the pool until end().
  virtual void begin(cudaStream_t stream) = 0;
  virtual void end() = 0;
  /// LibTorch has a CUDA runtime of its own, which remembers a failed capture: this takes that from it.
  virtual void forget_error() = 0;

  /// Null where LibTorch's allocator can't be reached.
  static std::unique_ptr<CapturePool> make();
};

class Graph {
 public:
  /// body: puts everything on that stream.
  template <typename Body>
  Graph(cudaStream_t stream, CapturePool& pool, const Body& body) {
    pool.begin(stream);
    try {
      check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
    } catch (...) {
      pool.end();
      throw;
    }
    cudaGraph_t captured = nullptr;
    try {
      body();
    } catch (...) {
      // It says that the capture has failed, to us and, unless that is taken away, to whoever asks next.
      if (cudaStreamEndCapture(stream, &captured) == cudaSuccess) {
        cudaGraphDestroy(captured);
      }
      cudaGetLastError();
      pool.forget_error();
      pool.end();
      throw;
    }
    const cudaError_t ended = cudaStreamEndCapture(stream, &captured);
    pool.end();
    check(ended);
    const cudaError_t made = cudaGraphInstantiate(&graph_, captured, 0);
    cudaGraphDestroy(captured);
    check(made);
  }
  ~Graph() { cudaGraphExecDestroy(graph_); }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  void launch(cudaStream_t stream) { check(cudaGraphLaunch(graph_, stream)); }

 private:
  cudaGraphExec_t graph_ = nullptr;
};

}  // namespace pacnet::cuda
