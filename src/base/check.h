// Preconditions inside the library: checked in debug builds, free in release ones.
#pragma once

#include <cassert>

#define GRADUS_DCHECK(condition) assert(condition)
