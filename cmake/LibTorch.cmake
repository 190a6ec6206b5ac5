# Finds LibTorch (headers and libraries) and defines the imported target LibTorch::LibTorch.
#
# Searched in this order; the first that is there is taken:
#   1. LIBTORCH: a libtorch distribution or the folder of a Python torch package. Any version: the caller chose it.
#   2. CMAKE_PREFIX_PATH: the same kinds of folder.
#   3. The torch package that python3 would import, if it is PACNET_TORCH_VERSION.
#   4. The torch wheel of that version, installed by pip into the build cache (PACNET_FETCH_LIBTORCH=OFF: never).
#
# Torch's own CMake package is not used: it asks for the MKL and CUDA that Torch was built with, and none is needed here.

set(PACNET_TORCH_VERSION
    "2.13.0"
    CACHE STRING "The LibTorch version to build against")
set(LIBTORCH
    ""
    CACHE PATH "A libtorch distribution, or the folder of a Python torch package; overrides every other place")
option(PACNET_FETCH_LIBTORCH "Install the torch wheel into the build cache if LibTorch is nowhere else" ON)

# Sets `out` to the folder with include/ and lib/ that `dir` is or contains, or to "".
function(_pacnet_torch_root dir out)
  set(${out} "" PARENT_SCOPE)
  # ../.. is for torch.utils.cmake_prefix_path, which points to share/cmake of the package.
  foreach(candidate IN ITEMS "${dir}" "${dir}/torch" "${dir}/libtorch" "${dir}/../..")
    if(EXISTS "${candidate}/include/torch/csrc/api/include/torch/version.h" AND EXISTS
                                                                                "${candidate}/lib/libtorch_cpu.so")
      get_filename_component(candidate "${candidate}" ABSOLUTE)
      set(${out} "${candidate}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

# Sets `out` to "2.13.0" as the headers under `root` tell it, or to "unknown".
function(_pacnet_torch_version root out)
  set(${out} "unknown" PARENT_SCOPE)
  foreach(header IN ITEMS "torch/headeronly/version.h" "torch/csrc/api/include/torch/version.h")
    if(NOT EXISTS "${root}/include/${header}")
      continue()
    endif()
    file(READ "${root}/include/${header}" text)
    if(text MATCHES "TORCH_VERSION_MAJOR ([0-9]+)")
      set(major "${CMAKE_MATCH_1}")
      string(REGEX MATCH "TORCH_VERSION_MINOR ([0-9]+)" _ "${text}")
      set(minor "${CMAKE_MATCH_1}")
      string(REGEX MATCH "TORCH_VERSION_PATCH ([0-9]+)" _ "${text}")
      set(${out} "${major}.${minor}.${CMAKE_MATCH_1}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

# Sets `out` to the root of the torch package that `python` would import, or to "". Does not import it, that is slow.
function(_pacnet_torch_of_python python out)
  set(${out} "" PARENT_SCOPE)
  execute_process(
    COMMAND
      "${python}" -c
      "import importlib.util as u, os; s = u.find_spec('torch'); print(os.path.dirname(s.origin) if s and s.origin else '')"
    OUTPUT_VARIABLE dir
    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(dir)
    _pacnet_torch_root("${dir}" root)
    set(${out} "${root}" PARENT_SCOPE)
  endif()
endfunction()

# Sets `out` to the root of the pinned wheel in the build cache, which it is installed into first if need be; or to ""
# and `why` to what stood in the way.
function(_pacnet_torch_of_cache python out why)
  set(${out} "" PARENT_SCOPE)
  if(DEFINED ENV{PACNET_CACHE})
    set(cache "$ENV{PACNET_CACHE}")
  elseif(DEFINED ENV{XDG_CACHE_HOME})
    set(cache "$ENV{XDG_CACHE_HOME}/pacnet")
  else()
    set(cache "$ENV{HOME}/.cache/pacnet")
  endif()
  set(home "${cache}/torch-${PACNET_TORCH_VERSION}")

  file(MAKE_DIRECTORY "${cache}")
  file(LOCK "${cache}/torch.lock" GUARD FUNCTION TIMEOUT 1800)
  _pacnet_torch_root("${home}" root)
  if(NOT root)
    if(NOT PACNET_FETCH_LIBTORCH)
      set(${why} "PACNET_FETCH_LIBTORCH is OFF, so the wheel was not installed" PARENT_SCOPE)
      return()
    endif()
    if(NOT python)
      set(${why} "there is no python3 to install the wheel with" PARENT_SCOPE)
      return()
    endif()
    message(STATUS "LibTorch: installing the torch ${PACNET_TORCH_VERSION} wheel into ${home} (once)")
    # Into a folder of another name first: a broken-off download never looks like a whole one.
    file(REMOVE_RECURSE "${home}.part" "${home}")
    execute_process(
      COMMAND "${python}" -m pip install --quiet --disable-pip-version-check --no-input --no-deps --no-compile
              --only-binary :all: --target "${home}.part" "torch==${PACNET_TORCH_VERSION}"
      RESULT_VARIABLE status
      OUTPUT_VARIABLE output
      ERROR_VARIABLE output)
    _pacnet_torch_root("${home}.part" root)
    if(NOT status EQUAL 0 OR NOT root)
      file(REMOVE_RECURSE "${home}.part")
      set(${why} "pip could not install torch==${PACNET_TORCH_VERSION}:\n${output}" PARENT_SCOPE)
      return()
    endif()
    file(RENAME "${home}.part" "${home}")
    _pacnet_torch_root("${home}" root)
  endif()
  set(${out} "${root}" PARENT_SCOPE)
endfunction()

function(_pacnet_find_torch)
  set(root "")
  set(tried "")

  if(LIBTORCH)
    _pacnet_torch_root("${LIBTORCH}" root)
    if(NOT root)
      message(
        FATAL_ERROR
          "LIBTORCH is ${LIBTORCH}, but there is no LibTorch in it: it must hold include/torch and lib/libtorch_cpu.so."
      )
    endif()
  endif()

  if(NOT root)
    foreach(prefix IN LISTS CMAKE_PREFIX_PATH)
      _pacnet_torch_root("${prefix}" root)
      if(root)
        _pacnet_torch_version("${root}" version)
        if(NOT version VERSION_EQUAL PACNET_TORCH_VERSION)
          message(
            FATAL_ERROR
              "The LibTorch in CMAKE_PREFIX_PATH (${root}) is ${version}; ${PACNET_TORCH_VERSION} is needed. "
              "To build with that one nonetheless, name it: -DLIBTORCH=${root}")
        endif()
        break()
      endif()
    endforeach()
  endif()

  if(NOT root)
    find_program(PACNET_PYTHON NAMES python3 python DOC "Python, to look for torch and to install its wheel")
    mark_as_advanced(PACNET_PYTHON)
    set(python "${PACNET_PYTHON}")
    if(python)
      _pacnet_torch_of_python("${python}" root)
      if(root)
        _pacnet_torch_version("${root}" version)
        if(NOT version VERSION_EQUAL PACNET_TORCH_VERSION)
          set(tried "python3 has torch ${version} in ${root}; ")
          message(STATUS "LibTorch: passing over torch ${version} of ${python}, ${PACNET_TORCH_VERSION} is needed")
          set(root "")
        endif()
      endif()
    endif()
    if(NOT root)
      _pacnet_torch_of_cache("${python}" root why)
    endif()
  endif()

  if(NOT root)
    message(
      FATAL_ERROR
        "LibTorch ${PACNET_TORCH_VERSION} was not found (${tried}${why}).\n"
        "Set one of:\n"
        "  -DLIBTORCH=<dir>           a libtorch distribution, or the folder of a Python torch package\n"
        "  -DCMAKE_PREFIX_PATH=<dir>  the same\n"
        "or make 'python3 -m pip install --no-deps torch==${PACNET_TORCH_VERSION}' work.")
  endif()

  _pacnet_torch_version("${root}" version)
  if(NOT version VERSION_EQUAL PACNET_TORCH_VERSION)
    if(LIBTORCH)
      message(WARNING "Building against LibTorch ${version} as asked; ${PACNET_TORCH_VERSION} is what is tested.")
    else()
      message(FATAL_ERROR "${root} holds LibTorch ${version}; ${PACNET_TORCH_VERSION} is needed.")
    endif()
  endif()
  message(STATUS "LibTorch ${version}: ${root}")

  foreach(name IN ITEMS c10 torch_cpu torch)
    set(file "${root}/lib/lib${name}.so")
    if(NOT EXISTS "${file}")
      message(FATAL_ERROR "LibTorch in ${root} has no lib/lib${name}.so.")
    endif()
    add_library(LibTorch::${name} SHARED IMPORTED GLOBAL)
    set_target_properties(LibTorch::${name} PROPERTIES IMPORTED_LOCATION "${file}" IMPORTED_SONAME "lib${name}.so")
  endforeach()
  add_library(LibTorch::LibTorch INTERFACE IMPORTED GLOBAL)
  set_target_properties(
    LibTorch::LibTorch
    PROPERTIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${root}/include;${root}/include/torch/csrc/api/include"
               INTERFACE_INCLUDE_DIRECTORIES "${root}/include;${root}/include/torch/csrc/api/include"
               INTERFACE_LINK_LIBRARIES "LibTorch::torch;LibTorch::torch_cpu;LibTorch::c10")
endfunction()

if(NOT TARGET LibTorch::LibTorch)
  _pacnet_find_torch()
endif()
