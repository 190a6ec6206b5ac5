# pacnet_enable_sanitizers(target): builds the target with the sanitizers of PACNET_SANITIZE, and tells the code by the
# macro of the same name.

set(PACNET_SANITIZE
    ""
    CACHE STRING "Sanitizers to build with, by the compiler's names: \"address,undefined\", \"thread\", or empty")

function(pacnet_enable_sanitizers target)
  if(NOT PACNET_SANITIZE)
    return()
  endif()
  target_compile_options(${target} PRIVATE -fsanitize=${PACNET_SANITIZE} -fno-sanitize-recover=all
                                           -fno-omit-frame-pointer)
  target_link_options(${target} PRIVATE -fsanitize=${PACNET_SANITIZE})
  target_compile_definitions(${target} PRIVATE PACNET_SANITIZE)
endfunction()
