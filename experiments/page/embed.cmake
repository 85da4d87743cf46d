# Writes OUT: the files HTML, CSS, JS, SIMD and PLAIN as the constants of assets.h. A file that is not named is empty.
set(code "// Written by embed.cmake.\n#include \"experiments/page/assets.h\"\n\nnamespace reverie::page {\n")
foreach(part Html Css Js Simd Plain)
  string(TOUPPER ${part} name)
  set(bytes "")
  if(${name})
    file(READ ${${name}} hex HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
  endif()
  string(APPEND code "static const char bytes_of_${part}[] = {${bytes}'\\0'};\n"
    "const std::string_view k${part}(bytes_of_${part}, sizeof(bytes_of_${part}) - 1);\n")
endforeach()
file(WRITE ${OUT} "${code}}  // namespace reverie::page\n")
