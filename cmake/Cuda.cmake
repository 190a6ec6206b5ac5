# pacnet_add_kernels(target sources...): an object library of what nvcc compiles.

set(PACNET_CUDA_ARCHITECTURES
    ""
    CACHE STRING "GPUs to compile for, as CMAKE_CUDA_ARCHITECTURES; empty: from 80 to the newest that nvcc knows, and PTX")

# nvcc has had C++20 since 12.0; CMake before 3.26 does not know it.
if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
  set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
  set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
endif()

# Every real architecture from 80 on that this nvcc lists, and PTX of the newest for those that come after it.
function(_pacnet_cuda_architectures out)
  execute_process(COMMAND "${CMAKE_CUDA_COMPILER}" --list-gpu-arch OUTPUT_VARIABLE listed)
  string(REGEX MATCHALL "compute_[0-9]+" listed "${listed}")
  set(numbers "")
  foreach(name IN LISTS listed)
    string(REPLACE "compute_" "" number "${name}")
    if(number GREATER_EQUAL 80)
      list(APPEND numbers "${number}")
    endif()
  endforeach()
  if(NOT numbers)
    message(FATAL_ERROR "${CMAKE_CUDA_COMPILER} lists no architecture from 80 on; name some: "
                        "-DPACNET_CUDA_ARCHITECTURES=90")
  endif()
  list(SORT numbers COMPARE NATURAL)
  list(GET numbers -1 newest)
  list(TRANSFORM numbers APPEND "-real")
  set(${out} "${numbers};${newest}-virtual" PARENT_SCOPE)
endfunction()

function(pacnet_add_kernels target)
  set(architectures "${PACNET_CUDA_ARCHITECTURES}")
  if(NOT architectures)
    _pacnet_cuda_architectures(architectures)
  endif()
  message(STATUS "CUDA ${CMAKE_CUDA_COMPILER_VERSION} for ${architectures}")
  add_library(${target} OBJECT ${ARGN})
  set_target_properties(${target} PROPERTIES CUDA_ARCHITECTURES "${architectures}" CUDA_STANDARD 20 CUDA_VISIBILITY_PRESET hidden)
  # No fused multiply-add, as on the CPU: then the masked step gives the same bits on both.
  target_compile_options(${target} PRIVATE --expt-relaxed-constexpr -fmad=false -Xptxas=-v)
  target_link_libraries(${target} PUBLIC CUDA::cudart_static)
endfunction()
