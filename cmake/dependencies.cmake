# Everything linked, all from Debian's packages; ARCHITECTURE.md gives each one's reason.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(ZLIB REQUIRED)
find_library(HWY_LIBRARY hwy REQUIRED)
find_library(ZSTD_LIBRARY zstd REQUIRED)
find_library(NETTLE_LIBRARY nettle REQUIRED)
find_path(FAST_FLOAT_INCLUDE fast_float/fast_float.h REQUIRED)
find_path(RANDOM123_INCLUDE Random123/philox.h REQUIRED)

set(GRADUS_LINK_LIBRARIES fmt::fmt ZLIB::ZLIB hwy zstd nettle Threads::Threads)
