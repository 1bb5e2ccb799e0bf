// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/io/array.hpp>
#include <nop/io/named_arrays.hpp>
#include <nop/io/npy.hpp>
#include <nop/io/pickle.hpp>
#include <nop/io/strided.hpp>
#include <nop/io/torch_state.hpp>
#include <nop/io/torch_tensor.hpp>
#include <nop/io/zip.hpp>
#include <nop/io/zip_entries.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nop::detail {

inline const ZipEntry* find_entry(std::span<const ZipEntry> entries, std::string_view name) {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const ZipEntry& entry) { return entry.name == name; });
  return found == entries.end() ? nullptr : &*found;
}

/// The zip archive that torch.save writes: in one folder of any name, `data.pkl` is a pickle,
/// `data/KEY` a storage, its numbers one after another, and `byteorder` says in which order their
/// bytes are. The archive must outlive it.
class TorchArchive {
 public:
  TorchArchive(const ZipReader& zip, std::vector<ZipEntry> entries) : zip_(zip) {
    for (const ZipEntry& entry : entries)
      if (const auto at = entry.name.find('/'); entry.name.substr(at + 1) == "data.pkl") {
        if (!folder_.empty()) zip.refuse("more than one data.pkl");
        folder_ = entry.name.substr(0, at + 1);
      }
    if (folder_.empty()) zip.refuse("not a PyTorch checkpoint: there is no data.pkl in a folder");
    for (ZipEntry& entry : entries) {
      std::string name = entry.name;
      entries_.emplace(std::move(name), std::move(entry));
    }
    if (find("constants.pkl") != nullptr)
      zip.refuse("a TorchScript program; save the model's state_dict() alone");
    if (const ZipEntry* const order = find("byteorder"); order != nullptr) {
      const auto text  = read_entry(zip_, *order);
      const auto bytes = std::string_view(reinterpret_cast<const char*>(text.data()), text.size());
      if (bytes != "little" && bytes != "big") zip.refuse("byteorder is neither little nor big");
      is_big_endian_ = bytes == "big";
    }
  }

  [[nodiscard]] const ZipReader& zip() const { return zip_; }

  [[nodiscard]] Pickle pickle() const {
    const ZipEntry& entry = *find("data.pkl");
    return parse_pickle(read_entry(zip_, entry), zip_.name() + "(" + entry.name + ")");
  }

  /// The numbers of a tensor's storage, little-endian.
  [[nodiscard]] std::vector<std::byte> storage(const TorchTensor& tensor) const {
    const ZipEntry* const entry = find("data/" + tensor.storage);
    if (entry == nullptr) zip_.refuse("there is no storage '" + tensor.storage + "'");
    if (entry->about.size != tensor.storage_bytes)
      zip_.refuse("storage '" + tensor.storage + "' should take " +
                  std::to_string(tensor.storage_bytes) + " bytes, but takes " +
                  std::to_string(entry->about.size));
    auto bytes             = read_entry(zip_, *entry);
    const std::size_t size = byte_size(tensor.type);
    if (is_big_endian_) reverse_bytes(bytes, holds_complex(tensor.type) ? size / 2 : size);
    return bytes;
  }

 private:
  [[nodiscard]] const ZipEntry* find(const std::string& name) const {
    const auto found = entries_.find(folder_ + name);
    return found == entries_.end() ? nullptr : &found->second;
  }

  const ZipReader& zip_;
  std::string folder_;
  std::map<std::string, ZipEntry> entries_;
  bool is_big_endian_ = false;
};

/// Turns the signs that a marked tensor has turned. They are in the last byte of a number.
inline void apply_marks(const TorchTensor& tensor, std::vector<std::byte>& bytes) {
  const bool is_complex  = holds_complex(tensor.type);
  const std::size_t size = byte_size(tensor.type) / (is_complex ? 2 : 1);
  for (std::size_t i = 0; (i + 1) * size <= bytes.size(); ++i)
    if (tensor.is_negative != (tensor.is_conjugate && i % 2 == 1))
      bytes[(i + 1) * size - 1] ^= std::byte{0x80};
}

/// The storages that tensors are cut from, each read once and freed after its last use. All tensors
/// must agree on its size, since each is checked against what it says itself.
class TorchStorages {
 public:
  TorchStorages(const TorchArchive& archive, std::span<const NamedTorchTensor> tensors)
      : archive_(archive) {
    for (const auto& [name, tensor] : tensors) {
      Storage& storage = storages_[tensor.storage];
      if (storage.uses == 0) storage.first = &tensor;
      if (storage.first->type != tensor.type ||
          storage.first->storage_bytes != tensor.storage_bytes)
        archive.zip().refuse("storage '" + tensor.storage + "' is described in two ways");
      ++storage.uses;
    }
  }

  Array array(const TorchTensor& tensor) {
    Storage& storage = storages_.at(tensor.storage);
    if (!storage.is_read) storage.bytes = archive_.storage(tensor);
    storage.is_read         = true;
    const bool is_last      = --storage.uses == 0;
    const std::size_t size  = byte_size(tensor.type);
    const std::size_t taken = *byte_count(tensor.shape, tensor.type);
    const auto axes         = merged_axes(tensor.shape, tensor.strides);
    const bool is_whole     = taken == storage.bytes.size() && tensor.offset == 0 &&
                          (axes.empty() || (axes.size() == 1 && axes[0].stride == 1));
    auto bytes = is_last && is_whole
                     ? std::move(storage.bytes)
                     : gathered(taken == 0 ? nullptr : storage.bytes.data() + tensor.offset * size,
                                axes, taken / size, size);
    if (is_last) storage.bytes = {};
    apply_marks(tensor, bytes);
    return Array(tensor.type, tensor.shape, std::move(bytes));
  }

 private:
  struct Storage {
    const TorchTensor* first = nullptr;
    std::size_t uses         = 0;
    bool is_read             = false;
    std::vector<std::byte> bytes;
  };

  const TorchArchive& archive_;
  std::map<std::string, Storage> storages_;
};

/// Reads the tensors, one after another.
inline NamedArrays read_torch_tensors(const TorchArchive& archive,
                                      std::span<const NamedTorchTensor> tensors,
                                      UnpackBudget& budget) {
  for (const auto& [name, tensor] : tensors) budget.charge(*byte_count(tensor.shape, tensor.type));
  TorchStorages storages(archive, tensors);
  NamedArrays arrays;
  for (const auto& [name, tensor] : tensors) arrays.add(name, storages.array(tensor));
  return arrays;
}

}  // namespace nop::detail
