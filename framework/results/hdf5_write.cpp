// Writing: files are made in memory and handed out as bytes.
#include <algorithm>
#include <new>

#include <unroll/core/text.hpp>
#include <unroll/results/array_text.hpp>
#include <unroll/results/hdf5.hpp>
#include <unroll/results/hdf5_detail.hpp>

namespace unroll {
namespace {

using namespace detail;

constexpr hsize_t kChunkRows = 512;
constexpr const char* kEscapedMeaning = "\\xHH stands for that byte, \\\\ for a backslash";

void write_attribute(hid_t object, const std::string& name, const Array& value,
                     const std::string& file) {
  const std::string where = "attribute '" + name + "'";
  const Handle creation(H5Pcreate(H5P_ATTRIBUTE_CREATE), H5Pclose);
  H5Pset_char_encoding(creation, H5T_CSET_UTF8);
  const Handle type = file_type(value);
  const Handle space = file_space(value, false, file);
  const Handle id(H5Acreate2(object, name.c_str(), type, space, creation, H5P_DEFAULT), H5Aclose);
  checked<hid_t>(id, file, "write " + where);
  write_values(id, true, value, file, where);
}

bool fits_plain(const std::string& text) {
  return text.find('\0') == std::string::npos && !first_invalid_utf8(text);
}

}  // namespace

Hdf5File Hdf5File::create(std::string name, std::uint64_t user_block, std::uint64_t content) {
  constexpr std::uint64_t kOwn = 8 << 20;  // of the library, more than its caches and tables take
  ::operator delete(::operator new(2 * content + kOwn));  // the file, and what `bytes` gives
  const auto lock = hdf5_lock();
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fapl_core(access, 1 << 20, false);
  // What PlainHdf5 reads, also where a later HDF5 prefers later versions of its structures.
  H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST);
  const Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  H5Pset_obj_track_times(creation, false);
  H5Pset_userblock(creation, user_block);
  const hid_t id = H5Fcreate(memory_name().c_str(), H5F_ACC_TRUNC, creation, access);
  if (id < 0) hdf5_fail(name, "create");
  return Hdf5File(id, std::move(name), user_block, UINT64_MAX);
}

void Hdf5File::make_group(std::string_view path) {
  const Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_char_encoding(links, H5T_CSET_UTF8);
  const Handle creation(H5Pcreate(H5P_GROUP_CREATE), H5Pclose);
  H5Pset_obj_track_times(creation, false);
  std::string so_far;
  for (const std::string& part : split_path(path)) {
    so_far += "/" + part;
    if (H5Lexists(id_, so_far.c_str(), H5P_DEFAULT) > 0) continue;
    const Handle made(H5Gcreate2(id_, so_far.c_str(), links, creation, H5P_DEFAULT), H5Gclose);
    checked<hid_t>(made, name_, "make the group '" + so_far + "'");
  }
}

void Hdf5File::write(std::string_view path, const Array& array, bool extendible) {
  const auto lock = hdf5_lock();
  const auto* texts = std::get_if<std::vector<std::string>>(&array.values);
  if (texts && !std::all_of(texts->begin(), texts->end(), fits_plain)) {
    std::vector<std::string> escaped(texts->size());
    std::transform(texts->begin(), texts->end(), escaped.begin(), escape_text);
    Array plain{array.shape, std::move(escaped), array.attributes};
    plain.attributes[kEscaped] = kEscapedMeaning;
    return write(path, plain, extendible);
  }
  if (split_path(path).empty()) fail(Failure::run, "{}: a dataset needs a name", name_);
  const std::size_t slash = path.find_last_of('/');
  if (slash != std::string_view::npos) make_group(path.substr(0, slash));
  const Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_char_encoding(links, H5T_CSET_UTF8);
  const Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(creation, false);
  if (extendible && !array.shape.empty()) {
    std::vector<hsize_t> chunk(array.shape.begin(), array.shape.end());
    for (hsize_t& extent : chunk) extent = std::max<hsize_t>(extent, 1);
    chunk[0] = kChunkRows;
    checked(H5Pset_chunk(creation, static_cast<int>(chunk.size()), chunk.data()), name_,
            "divide " + place(path));
    H5Pset_fill_time(creation, H5D_FILL_TIME_ALLOC);  // no stray memory in the last chunk
  }
  const Handle type = file_type(array);
  const Handle space = file_space(array, extendible, name_);
  const Handle id(
      H5Dcreate2(id_, fmt::format("/{}", path).c_str(), type, space, links, creation, H5P_DEFAULT),
      H5Dclose);
  checked<hid_t>(id, name_, "make " + place(path));
  write_values(id, false, array, name_, place(path));
  for (const auto& [name, text] : array.attributes)
    write_attribute(id, name, {{}, std::vector<std::string>{text}, {}}, name_);
}

void Hdf5File::write_all(std::string_view group, const Archive& archive) {
  const auto lock = hdf5_lock();
  make_group(group);
  for (const auto& [name, array] : archive.entries())
    write(group.empty() ? name : std::string(group) + "/" + name, array);
}

void Hdf5File::write_attributes(std::string_view path, const Archive& attributes) {
  const auto lock = hdf5_lock();
  Handle object(open_object(path), H5Oclose);
  if (object < 0) {
    make_group(path);
    object = Handle(open_object(path), H5Oclose);
  }
  for (const auto& [name, value] : attributes.entries())
    write_attribute(object, name, value, name_);
}

std::string Hdf5File::bytes() const {
  const auto lock = hdf5_lock();
  checked(H5Fflush(id_, H5F_SCOPE_GLOBAL), name_, "finish");
  const ssize_t size = checked(H5Fget_file_image(id_, nullptr, 0), name_, "measure");
  std::string image(user_block_ + static_cast<std::size_t>(size), '\0');
  checked(H5Fget_file_image(id_, image.data() + user_block_, static_cast<std::size_t>(size)), name_,
          "copy");
  return image;
}

}  // namespace unroll
