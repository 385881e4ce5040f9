# cmake -DIN=FILE -DOUT=FILE.c -DNAME=NAME -P embed.cmake: a file's octets as a C array.
file(READ ${IN} octets HEX)
string(REGEX REPLACE "(................................)" "\\1\n" octets "${octets}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," octets "${octets}")
file(WRITE ${OUT} "#include \"serve/admin.h\"\n\nconst unsigned char ${NAME}[] = {\n${octets}\n};\n"
     "const size_t ${NAME}_size = sizeof ${NAME};\n")
