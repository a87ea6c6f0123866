// Opening and reading; hdf5_write.cpp has the other half, hdf5_values.cpp the values.
#include <unroll/results/hdf5.hpp>

#include <algorithm>
#include <new>

#include <unroll/results/array_text.hpp>
#include <unroll/results/hdf5_detail.hpp>

namespace unroll {
namespace detail {

namespace {

/// The first call of a thread makes what HDF5 1.10 keeps for each of them, and writes to it without
/// asking whether there was memory for it (H5CX_push). Here there is, or std::bad_alloc is thrown.
void make_room_for_thread() {
  constexpr std::size_t kPlenty = 64 << 10;
  thread_local bool made = false;
  if (!made) ::operator delete(::operator new(kPlenty));
  made = true;
}

}  // namespace

std::unique_lock<std::recursive_mutex> hdf5_lock() {
  static std::recursive_mutex mutex;
  std::unique_lock lock(mutex);
  make_room_for_thread();
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // kept per thread by thread-safe builds
  static const bool prepared = H5PLset_loading_state(0) >= 0;
  static_cast<void>(prepared);
  return lock;
}

std::string hdf5_reason() {
  std::string reason;
  const auto innermost = [](unsigned, const H5E_error2_t* error, void* to) -> herr_t {
    if (error->desc) *static_cast<std::string*>(to) = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, innermost, &reason);
  H5Eclear2(H5E_DEFAULT);
  return reason.empty() ? "HDF5 gives no reason" : reason;
}

void hdf5_fail(const std::string& file, const std::string& attempt) {
  fail(Failure::data, "{}: cannot {}: {}", file, attempt, hdf5_reason());
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    if (slash != 0) parts.emplace_back(path.substr(0, slash));
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return parts;
}

std::string place(std::string_view path) {
  return fmt::format("'/{}'", path);
}

std::string memory_name() {
  static std::uint64_t count = 0;  // under the lock
  return fmt::format("/dev/null/{}", ++count);
}

}  // namespace detail

namespace {

using namespace detail;

constexpr std::size_t kMaxObjects = 100'000;
constexpr int kMaxDepth = 32;

/// A link must be an ordinary one; the others could lead into other files or nowhere.
bool hard_link(hid_t group, const std::string& name, const std::string& file) {
  if (H5Lexists(group, name.c_str(), H5P_DEFAULT) <= 0) {
    H5Eclear2(H5E_DEFAULT);
    return false;
  }
  H5L_info_t info;
  checked(H5Lget_info(group, name.c_str(), &info, H5P_DEFAULT), file, "read the link " + name);
  if (info.type != H5L_TYPE_HARD)
    fail(Failure::data, "{}: '{}' is a soft or external link, which is not accepted", file, name);
  return true;
}

std::vector<std::string> names_in(hid_t group, const std::string& file) {
  std::vector<std::string> names;
  const auto collect = [](hid_t, const char* name, const H5L_info_t*, void* to) -> herr_t {
    auto& list = *static_cast<std::vector<std::string>*>(to);
    list.emplace_back(name);
    return list.size() > kMaxObjects ? -1 : 0;
  };
  hsize_t position = 0;
  checked(H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, &position, collect, &names), file,
          "list a group");
  std::sort(names.begin(), names.end());
  return names;
}

Archive attributes_of(hid_t object, const std::string& file, std::uint64_t file_size) {
  std::vector<std::string> names;
  const auto collect = [](hid_t, const char* name, const H5A_info_t*, void* to) -> herr_t {
    static_cast<std::vector<std::string>*>(to)->emplace_back(name);
    return 0;
  };
  hsize_t position = 0;
  checked(H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &position, collect, &names), file,
          "list attributes");
  Archive found;
  for (const std::string& name : names) {
    const Handle id(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose);
    checked<hid_t>(id, file, "open attribute '" + name + "'");
    const Source source{id, true, file, "attribute '" + name + "'", file_size};
    if (readable(source)) found.put(name, read_values(source));
  }
  return found;
}

/// Storage that is inside this file and needs no code but HDF5's own; is it deflated?
bool check_storage(hid_t dataset, const std::string& file, const std::string& where) {
  const Handle creation(H5Dget_create_plist(dataset), H5Pclose);
  checked<hid_t>(creation, file, "read how " + where + " is stored");
  if (H5Pget_layout(creation) == H5D_VIRTUAL || H5Pget_external_count(creation) > 0)
    fail(Failure::data, "{}: {} keeps its data in other files, which is not accepted", file, where);
  const int filters = checked(H5Pget_nfilters(creation), file, "read the filters of " + where);
  bool deflated = false;
  for (int i = 0; i < filters; ++i) {
    unsigned flags = 0, config = 0;
    std::size_t values = 0;
    const H5Z_filter_t filter = H5Pget_filter2(creation, static_cast<unsigned>(i), &flags, &values,
                                               nullptr, 0, nullptr, &config);
    if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE)
      fail(Failure::data, "{}: {} uses HDF5 filter {}; only deflate and shuffle are accepted", file,
           where, filter);
    deflated |= filter == H5Z_FILTER_DEFLATE;
  }
  return deflated;
}

Array read_dataset(hid_t id, const std::string& path, const std::string& file, std::uint64_t size) {
  const std::string where = place(path);
  constexpr std::uint64_t kMostInflation = 1032;  // deflate cannot shrink further than this
  const std::uint64_t inflation = check_storage(id, file, where) ? kMostInflation : 1;
  Array array = read_values({id, false, file, where, size * inflation});
  finish_dataset(array, attributes_of(id, file, size), file, where);
  return array;
}

}  // namespace

Hdf5File::Hdf5File(std::int64_t id, std::string name, std::uint64_t user_block, std::uint64_t size)
    : id_(id), name_(std::move(name)), user_block_(user_block), size_(size) {}

Hdf5File::Hdf5File(Hdf5File&& other) noexcept
    : id_(std::exchange(other.id_, -1)),
      name_(std::move(other.name_)),
      user_block_(other.user_block_),
      size_(other.size_) {}

Hdf5File& Hdf5File::operator=(Hdf5File&& other) noexcept {
  std::swap(id_, other.id_);
  std::swap(name_, other.name_);
  std::swap(user_block_, other.user_block_);
  std::swap(size_, other.size_);
  return *this;
}

Hdf5File::~Hdf5File() {
  close();
}

void Hdf5File::close() noexcept {
  if (id_ < 0) return;
  const auto lock = hdf5_lock();
  H5Fclose(std::exchange(id_, -1));
}

Hdf5File Hdf5File::open(const std::filesystem::path& path) {
  const auto lock = hdf5_lock();
  std::error_code problem;
  const std::uintmax_t size = std::filesystem::file_size(path, problem);
  if (problem) fail(Failure::data, "{}: cannot be read: {}", path.string(), problem.message());
  const hid_t id = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (id < 0) {
    H5Eclear2(H5E_DEFAULT);
    fail(Failure::data, "{}: is not a HDF5 file, or is damaged", path.string());
  }
  return Hdf5File(id, path.string(), 0, size);
}

std::int64_t Hdf5File::open_object(std::string_view path) const {
  Handle at(H5Gopen2(id_, "/", H5P_DEFAULT), H5Oclose);
  checked<hid_t>(at, name_, "open its root");
  for (const std::string& part : split_path(path)) {
    if (H5Iget_type(at) != H5I_GROUP || !hard_link(at, part, name_)) return -1;
    at = Handle(H5Oopen(at, part.c_str(), H5P_DEFAULT), H5Oclose);
    checked<hid_t>(at, name_, "open " + place(path));
  }
  H5Iinc_ref(at);
  return at;
}

bool Hdf5File::has(std::string_view path) const {
  const auto lock = hdf5_lock();
  return Handle(open_object(path), H5Oclose) >= 0;
}

Array Hdf5File::read(std::string_view path) const {
  const auto lock = hdf5_lock();
  const Handle object(open_object(path), H5Oclose);
  if (object < 0) fail(Failure::data, "{}: has no {}", name_, place(path));
  if (H5Iget_type(object) != H5I_DATASET)
    fail(Failure::data, "{}: {} is a group, not a dataset", name_, place(path));
  return read_dataset(object, std::string(path), name_, size_);
}

void Hdf5File::collect(std::int64_t group, const std::string& prefix, int depth, std::size_t& seen,
                       Archive& found) const {
  if (depth > kMaxDepth) fail(Failure::data, "{}: is nested too deeply", name_);
  for (const std::string& name : names_in(group, name_)) {
    if (!hard_link(group, name, name_)) continue;
    if (++seen > kMaxObjects)  // groups too: they may be linked to again and again
      fail(Failure::data, "{}: holds more than {} objects", name_, kMaxObjects);
    const std::string path = prefix.empty() ? name : prefix + "/" + name;
    const Handle object(H5Oopen(group, name.c_str(), H5P_DEFAULT), H5Oclose);
    checked<hid_t>(object, name_, "open " + place(path));
    if (H5Iget_type(object) == H5I_GROUP)
      collect(object, path, depth + 1, seen, found);
    else if (H5Iget_type(object) == H5I_DATASET)
      found.put(path, read_dataset(object, path, name_, size_));
  }
}

Archive Hdf5File::read_all(std::string_view group) const {
  const auto lock = hdf5_lock();
  Archive found;
  std::size_t seen = 0;
  const Handle object(open_object(group), H5Oclose);
  if (object >= 0 && H5Iget_type(object) == H5I_GROUP) collect(object, "", 0, seen, found);
  return found;
}

Archive Hdf5File::attributes(std::string_view path) const {
  const auto lock = hdf5_lock();
  const Handle object(open_object(path), H5Oclose);
  if (object < 0) fail(Failure::data, "{}: has no {}", name_, place(path));
  return attributes_of(object, name_, size_);
}

std::vector<std::string> Hdf5File::children(std::string_view group) const {
  const auto lock = hdf5_lock();
  const Handle object(open_object(group), H5Oclose);
  if (object < 0 || H5Iget_type(object) != H5I_GROUP) return {};
  return names_in(object, name_);
}

Archive read_hdf5(const std::filesystem::path& path) {
  return Hdf5File::open(path).read_all();
}

Array read_hdf5(const std::filesystem::path& path, std::string_view dataset) {
  return Hdf5File::open(path).read(dataset);
}

}  // namespace unroll
