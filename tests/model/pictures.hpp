// Real PNG and JPEG files for tests, written by the libraries themselves.
#pragma once

#include <gtest/gtest.h>
#include <png.h>
#include <turbojpeg.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <vector>

namespace unroll::test {

using Pixels = std::vector<unsigned char>;  ///< [rows, columns, colours]

/// Pixels that all differ from their neighbours.
inline Pixels some_pixels(int rows, int columns, int colours, int start = 0) {
  Pixels pixels(static_cast<std::size_t>(rows * columns * colours));
  for (std::size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = static_cast<unsigned char>((static_cast<int>(i) * 37 + start) % 256);
  return pixels;
}

/// `format` is libpng's: PNG_FORMAT_RGB, PNG_FORMAT_GRAY, … (16 bits: two bytes a sample).
inline void write_png(const std::filesystem::path& path, int rows, int columns,
                      const Pixels& pixels, png_uint_32 format, const Pixels& palette = {}) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(columns);
  image.height = static_cast<png_uint_32>(rows);
  image.format = format;
  image.colormap_entries = static_cast<png_uint_32>(palette.size() / 3);
  ASSERT_NE(png_image_write_to_file(&image, path.c_str(), 0, pixels.data(), 0, palette.data()), 0)
      << image.message;
}

inline void write_jpeg(const std::filesystem::path& path, int rows, int columns,
                       const Pixels& pixels, int format = TJPF_RGB, int sampling = TJSAMP_444) {
  const tjhandle encoder = tjInitCompress();
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  const int result = tjCompress2(encoder, pixels.data(), columns, 0, rows, format, &memory, &size,
                                 sampling, 95, TJFLAG_ACCURATEDCT);
  ASSERT_EQ(result, 0) << tjGetErrorStr2(encoder);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(memory), static_cast<std::streamsize>(size));
  tjFree(memory);
  tjDestroy(encoder);
}

}  // namespace unroll::test
