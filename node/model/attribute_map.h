#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

// Values of a record by attribute number, ascending. Used as a std::map is, in one piece of
// memory: a record has a dozen of them, and a delivery has millions of records. Pure.
namespace enlace::model {

template <typename Value>
class AttributeMap {
 public:
  using value_type = std::pair<uint32_t, Value>;
  using iterator = typename std::vector<value_type>::iterator;
  using const_iterator = typename std::vector<value_type>::const_iterator;

  iterator begin() { return entries_.begin(); }
  iterator end() { return entries_.end(); }
  const_iterator begin() const { return entries_.begin(); }
  const_iterator end() const { return entries_.end(); }
  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  void clear() { entries_.clear(); }
  void reserve(size_t count) { entries_.reserve(count); }

  const_iterator find(uint32_t attribute) const {
    const const_iterator at = Place(attribute);
    return at != end() && at->first == attribute ? at : end();
  }
  // Made with a default value when there is none. Ends all iterators, as emplace and erase do.
  Value& operator[](uint32_t attribute) { return emplace(attribute, Value()).first->second; }
  // False, and no change, when the attribute has a value. Quickest in ascending order.
  std::pair<iterator, bool> emplace(uint32_t attribute, const Value& value) {
    if (empty() || entries_.back().first < attribute) {
      entries_.emplace_back(attribute, value);
      return {end() - 1, true};
    }
    const const_iterator at = Place(attribute);
    if (at->first == attribute) return {begin() + (at - entries_.cbegin()), false};
    return {entries_.emplace(at, attribute, value), true};
  }
  size_t erase(uint32_t attribute) {
    const const_iterator at = find(attribute);
    if (at == end()) return 0;
    entries_.erase(at);
    return 1;
  }
  template <typename Predicate>
  void erase_if(Predicate predicate) {
    std::erase_if(entries_, predicate);
  }

  bool operator==(const AttributeMap&) const = default;

 private:
  const_iterator Place(uint32_t attribute) const {
    return std::lower_bound(
        entries_.begin(), entries_.end(), attribute,
        [](const value_type& entry, uint32_t number) { return entry.first < number; });
  }

  std::vector<value_type> entries_;
};

}  // namespace enlace::model
