# The classes of ONNX's messages, made from the definition in Debian's libonnx-dev, which asks for protobuf's lite runtime.
# Debian's own libonnx_proto needs the full one, 3.3 MB and a few milliseconds at every start.
set(onnx_folder ${PROJECT_BINARY_DIR}/onnx)
get_filename_component(onnx_proto_folder ${ONNX_PROTO} DIRECTORY)
file(MAKE_DIRECTORY ${onnx_folder})
add_custom_command(OUTPUT ${onnx_folder}/onnx.pb.cc ${onnx_folder}/onnx.pb.h
                   COMMAND ${PROTOC} --proto_path=${onnx_proto_folder} --cpp_out=${onnx_folder} ${ONNX_PROTO}
                   DEPENDS ${ONNX_PROTO} VERBATIM)
target_sources(gradus_interop PRIVATE ${onnx_folder}/onnx.pb.cc ${onnx_folder}/onnx.pb.h)
target_include_directories(gradus_interop SYSTEM PRIVATE ${onnx_folder})
set_source_files_properties(${onnx_folder}/onnx.pb.cc PROPERTIES COMPILE_OPTIONS "-w")
