#pragma once

#include <exception>

// Replaces cxx's own wrapper, which is noexcept but catches std::exception only: anything else that
// is thrown would end the process.
namespace rust::behavior {

template <typename Try, typename Fail> static void trycatch(Try&& body, Fail&& fail) noexcept {
    try {
        body();
    } catch (std::exception const& error) {
        fail(error.what());
    } catch (...) {
        fail("unknown C++ exception");
    }
}

} // namespace rust::behavior
